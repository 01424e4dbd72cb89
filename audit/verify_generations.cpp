#include "audit/verify_generations.hpp"

#include "audit/generation.hpp"
#include "audit/log_keys.hpp"
#include "audit/restored.hpp"
#include "tlog/checkpoint.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

std::string origin_of(const std::filesystem::path& folder) {
    const auto keys = LogKeys::read(folder);
    return keys && *keys ? (*keys)->origin() : std::string();
}

/// The one that was told of last: what an older log says of a folder of that name is not newer.
std::optional<Predecessor> told_of(const std::vector<Predecessor>& all, const std::string& name) {
    const auto found = std::ranges::find(all, name, &Predecessor::folder);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

GenerationReport verify_generation(const std::filesystem::path& path, const VerifyOptions& given,
                                   std::optional<Predecessor> told) {
    GenerationReport generation{.name = path.filename().string(), .told = std::move(told)};
    auto options = given_of(given, origin_of(path));
    if (generation.told && generation.told->size > 0) options.told = generation.told;
    auto report = verify(path, options);
    if (report)
        generation.report = std::move(*report);
    else
        generation.report.add({.file = {},
                               .text = "it cannot be read: " + to_text(report.error()),
                               .verdict = verdict::file});
    auto notes = compare_with_told(generation.told, generation.report);
    generation.report.notes.insert(generation.report.notes.begin(), notes.begin(), notes.end());
    return generation;
}

bool is_of(const std::string& checkpoints, const std::string& origin) {
    std::string_view rest = checkpoints;
    const auto note = tlog::take_note(rest);
    const auto read = note ? read_checkpoint(*note) : Result<tlog::Checkpoint>(Error{});
    return read && read->origin == origin;
}

/// Of a generation that is looked at by itself, the one before it lies beside it. Nowhere else does
/// one there count: somebody may have moved it out of the log, or named any file in the record.
bool lies_beside(const std::filesystem::path& folder, const std::string& name) {
    std::error_code failure;
    const auto real = std::filesystem::canonical(folder, failure);
    return !failure && is_generation_name(real.filename().string()) && is_generation_name(name) &&
           std::filesystem::is_directory(real.parent_path() / name, failure);
}

}  // namespace

bool WholeReport::good() const {
    return log.good() && std::ranges::all_of(generations, [](const GenerationReport& generation) {
               return generation.report.good();
           });
}

VerifyOptions given_of(const VerifyOptions& given, const std::string& origin) {
    VerifyOptions own{.witnesses = given.witnesses};
    for (const auto& key : given.keys)
        if (key.name() == origin) own.keys.push_back(key);
    for (const auto& checkpoints : given.checkpoints)
        if (is_of(checkpoints, origin)) own.checkpoints.push_back(checkpoints);
    return own;
}

std::vector<std::string> compare_with_told(const std::optional<Predecessor>& told,
                                           const Report& found) {
    if (!told)
        return {
            "no log that is here says that it was put aside: its record of that was deleted, "
            "or the folder was put here"};
    if (is_restored(told->broken)) return {"it was " + told->broken};
    std::vector<std::string> notes{"it was put aside because: " + told->broken};
    if (told->size == 0)
        notes.emplace_back(
            "the log that followed it does not say what was signed of it, so "
            "nothing of it could be compared with that");
    if (found.good())
        notes.emplace_back(
            "nothing is wrong with it now: what was wrong is not in these files (a "
            "key that was missing), or somebody has put back what was changed");
    return notes;
}

std::vector<std::string> missing_generations(const std::vector<Predecessor>& told,
                                             const std::vector<std::string>& there) {
    std::vector<std::string> notes;
    for (const auto& before : told)
        if (std::ranges::find(there, before.folder) == there.end())
            notes.push_back(before.folder +
                            ", which was put aside, is not here and was not looked at: ask who "
                            "took it away, and run audit verify --folder on it");
    return notes;
}

Result<WholeReport> verify_whole(const std::filesystem::path& folder,
                                 const VerifyOptions& options) {
    auto log = verify(folder, options);
    if (!log) return log.error();
    WholeReport whole{.log = std::move(*log)};
    auto folders = generation_folders(folder);
    if (!folders) return folders.error();
    std::vector<Predecessor> told;
    if (whole.log.predecessor) told.push_back(*whole.log.predecessor);
    std::vector<std::string> there;
    for (auto path = folders->rbegin(); path != folders->rend(); ++path) {
        there.push_back(path->filename().string());
        whole.generations.push_back(verify_generation(*path, options, told_of(told, there.back())));
        const auto& before = whole.generations.back().report.predecessor;
        if (before) told.push_back(*before);
    }
    for (const auto& before : told)
        if (lies_beside(folder, before.folder)) there.push_back(before.folder);
    for (auto& note : missing_generations(told, there)) whole.log.notes.push_back(std::move(note));
    return whole;
}

}  // namespace sallyport::audit
