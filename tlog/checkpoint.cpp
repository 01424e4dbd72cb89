#include "tlog/checkpoint.hpp"

#include "base/error.hpp"
#include "tlog/spelling.hpp"

#include <algorithm>

namespace sallyport::tlog {
namespace {

constexpr std::string_view successor_prefix = "successor ";
constexpr std::string_view signature_line = "\xe2\x80\x94 ";

Error malformed_checkpoint(std::string what) { return Error{Errc::malformed, std::move(what)}; }

Result<std::vector<std::string>> parse_extensions(std::string_view text) {
    std::vector<std::string> extensions;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (!line || line->empty()) return malformed_checkpoint("an empty line in a checkpoint");
        if (extensions.size() == extension_lines_max || line->size() > extension_line_bytes_max)
            return Error{Errc::limit, "the extension of a checkpoint is too long"};
        extensions.emplace_back(*line);
    }
    return extensions;
}

}  // namespace

Result<Checkpoint> Checkpoint::parse(std::string_view note_text) {
    if (!is_note_text(note_text))
        return malformed_checkpoint("a checkpoint with control characters");
    const auto origin = take_line(note_text);
    const auto size_line = take_line(note_text);
    const auto root_line = take_line(note_text);
    if (!root_line) return malformed_checkpoint("a checkpoint has three lines at least");
    if (!is_key_name(*origin))
        return malformed_checkpoint("a checkpoint begins with the name of a log");
    const auto size = parse_size(*size_line);
    if (!size) return size.error();
    const auto root = parse_hash(*root_line);
    if (!root) return root.error();
    auto extensions = parse_extensions(note_text);
    if (!extensions) return extensions.error();
    return Checkpoint{std::string(*origin), *size, *root, std::move(*extensions)};
}

std::string Checkpoint::to_text() const {
    auto text = origin + '\n' + std::to_string(size) + '\n' + tlog::to_text(root) + '\n';
    for (const auto& line : extensions) text += line + '\n';
    return text;
}

Checkpoint Checkpoint::with_range(std::string origin, const Range& range) {
    Checkpoint made{std::move(origin), range.end(), range.root(), {}};
    for (const auto& hash : range.hashes()) made.extensions.push_back(tlog::to_text(hash));
    return made;
}

Checkpoint Checkpoint::with_successor(Checkpoint checkpoint, std::string_view key) {
    checkpoint.extensions.push_back(std::string(successor_prefix).append(key));
    return checkpoint;
}

bool Checkpoint::names_successor(std::string_view key) const {
    return std::ranges::any_of(extensions, [key](std::string_view line) {
        return line.starts_with(successor_prefix) && line.substr(successor_prefix.size()) == key;
    });
}

Result<Range> Checkpoint::range() const {
    std::vector<Hash> hashes;
    for (const auto& line : extensions) {
        const auto hash = parse_hash(line);
        if (!hash) return hash.error();
        hashes.push_back(*hash);
    }
    auto range = Range::of(0, size, std::move(hashes));
    if (!range) return range.error();
    if (range->root() != root)
        return malformed_checkpoint("the hashes of a checkpoint have another root");
    return range;
}

std::optional<std::string_view> take_note(std::string_view& notes) {
    auto rest = notes;
    auto line = take_line(rest);
    while (line && !line->empty()) line = take_line(rest);
    const auto signatures = rest;
    while (rest.starts_with(signature_line)) {
        const auto before = rest;
        if (!take_line(rest)) {
            rest = before;
            break;
        }
    }
    if (!line || rest.size() == signatures.size()) return std::nullopt;
    const auto note = notes.substr(0, notes.size() - rest.size());
    notes = rest;
    return note;
}

}  // namespace sallyport::tlog
