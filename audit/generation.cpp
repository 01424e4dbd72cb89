#include "audit/generation.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <vector>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "generation-";
constexpr std::string_view moving_suffix = ".moving";
constexpr std::string_view note_name = "broken.json";
constexpr std::size_t digits = 4;
constexpr mode_t generation_folder_mode = 0750;
constexpr mode_t note_mode = 0640;

Error failed(const std::error_code& failure, const std::string& what) {
    return {boost::system::error_code(failure.value(), boost::system::system_category()), what};
}

std::optional<std::uint64_t> generation_number(std::string_view name) {
    if (name.ends_with(moving_suffix)) name.remove_suffix(moving_suffix.size());
    if (!name.starts_with(prefix)) return std::nullopt;
    const auto number = parse_decimal(name.substr(prefix.size()));
    return number ? std::optional(*number) : std::nullopt;
}

/// What is in the folder: files (or folders of generations, in their order).
Result<std::vector<fs::path>> list(const fs::path& folder, bool generations) {
    std::vector<fs::path> paths;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure);
         !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
        const bool is_folder = entry->is_directory(failure);
        if (failure) break;
        const bool is_generation =
            is_folder && generation_number(entry->path().filename().string()).has_value();
        if (generations ? is_generation : !is_folder) paths.push_back(entry->path());
    }
    if (failure) return failed(failure, "read the folder " + folder.string());
    std::ranges::sort(paths, {}, [](const fs::path& path) {
        return generation_number(path.filename().string()).value_or(0);
    });
    return paths;
}

Result<void> move_to(const fs::path& from, const fs::path& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return os_error("rename " + from.string());
    return {};
}

std::string serialize(const Generation& generation) {
    return boost::json::serialize(boost::json::object{{"origin", generation.origin},
                                                      {"size", generation.size},
                                                      {"root", generation.root},
                                                      {"vkey", generation.vkey},
                                                      {"broken", generation.broken}}) +
           "\n";
}

std::string text_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

Generation parse(std::string name, std::string_view text) {
    Generation generation{.name = std::move(name)};
    boost::system::error_code failure;
    const auto value = boost::json::parse(text, failure);
    // Somebody who changed it cannot make us say more than nothing.
    if (failure || !value.is_object()) return generation;
    const auto& object = value.get_object();
    generation.origin = text_of(object, "origin");
    generation.root = text_of(object, "root");
    generation.vkey = text_of(object, "vkey");
    generation.broken = text_of(object, "broken");
    const auto* size = object.if_contains("size");
    if (size && size->is_int64() && size->get_int64() >= 0)
        generation.size = static_cast<std::uint64_t>(size->get_int64());
    return generation;
}

}  // namespace

Result<Generation> put_aside(const fs::path& folder, Generation generation) {
    const auto there = list(folder, true);
    if (!there) return there.error();
    const auto number =
        there->empty() ? 1 : generation_number(there->back().filename().string()).value_or(0) + 1;
    const auto text = std::to_string(number);
    generation.name =
        std::string(prefix) + std::string(digits - std::min(digits, text.size()), '0') + text;
    const auto moving = folder / (generation.name + std::string(moving_suffix));
    if (auto made = make_folder(moving, generation_folder_mode); !made) return made.error();
    if (auto noted = replace_file(moving / note_name, serialize(generation), note_mode); !noted)
        return noted.error();
    if (auto done = finish_putting_aside(folder); !done) return done.error();
    return generation;
}

Result<bool> finish_putting_aside(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return false;
    const auto generations = list(folder, true);
    if (!generations) return generations.error();
    bool finished = false;
    for (const auto& path : *generations) {
        auto name = path.filename().string();
        if (!name.ends_with(moving_suffix)) continue;
        name.resize(name.size() - moving_suffix.size());
        // Without the note nothing was moved yet.
        if (!fs::exists(path / note_name, ignored)) {
            fs::remove_all(path, ignored);
            continue;
        }
        const auto files = list(folder, false);
        if (!files) return files.error();
        for (const auto& file : *files)
            if (auto moved = move_to(file, path / file.filename()); !moved) return moved.error();
        if (auto synced = sync_folder(path); !synced) return synced.error();
        if (auto moved = move_to(path, folder / name); !moved) return moved.error();
        if (auto synced = sync_folder(folder); !synced) return synced.error();
        finished = true;
    }
    return finished;
}

Result<std::optional<Generation>> newest_generation(const fs::path& folder) {
    const auto generations = list(folder, true);
    if (!generations) return generations.error();
    if (generations->empty()) return std::optional<Generation>();
    const auto& path = generations->back();
    const auto text = read_file(path / note_name);
    return std::optional(
        parse(path.filename().string(), text ? std::string_view(*text) : std::string_view()));
}

bool is_generation_name(std::string_view name) {
    return !name.ends_with(moving_suffix) && generation_number(name).has_value();
}

Result<std::vector<fs::path>> generation_folders(const fs::path& folder) {
    return list(folder, true);
}

}  // namespace sallyport::audit
