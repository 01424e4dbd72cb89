#include "audit/thin_checkpoints.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/replace.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace sallyport::audit {
namespace {

using Signers = std::vector<std::pair<std::string, tlog::KeyId>>;

Signers signers_of(const tlog::Note& note) {
    Signers signers;
    for (const auto& line : note.signatures) signers.emplace_back(line.name, line.id);
    std::ranges::sort(signers);
    return signers;
}

}  // namespace

std::optional<std::string> thin_checkpoints(std::string_view content, const LogKeys& keys,
                                            const std::function<bool()>& goes_on) {
    const auto spans = split_notes(content);
    if (spans.torn || spans.damaged || spans.notes.empty()) return std::nullopt;
    std::map<Signers, std::size_t> newest;
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < spans.notes.size(); ++i) {
        if (!goes_on()) return std::nullopt;
        const auto read = keys.verify(spans.notes[i]);
        if (!read || read->checkpoint.size < size) return std::nullopt;
        size = read->checkpoint.size;
        if (i > 0) newest[signers_of(read->note)] = i;
    }
    std::set<std::size_t> kept{0};
    for (const auto& [signers, index] : newest) kept.insert(index);
    if (kept.size() == spans.notes.size()) return std::nullopt;
    std::string thin;
    for (const auto index : kept) thin += spans.notes[index];
    return thin;
}

Result<void> thin_checkpoint_file(const std::filesystem::path& path, const LogKeys& keys,
                                  const std::function<bool()>& goes_on) {
    constexpr mode_t mode = 0640;
    const auto content = read_file(path, checkpoint_file_bytes_max);
    if (!content && content.error().code == boost::system::errc::no_such_file_or_directory)
        return {};
    if (!content) return content.error();
    const auto thin = thin_checkpoints(*content, keys, goes_on);
    if (!goes_on()) return Error{Errc::aborted, "thinning checkpoints was stopped"};
    return thin ? replace(path, *thin, mode) : Result<void>();
}

}  // namespace sallyport::audit
