#include "audit/log_keys.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/secret_hash.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

constexpr std::string_view vkeys_file = "vkeys";
constexpr std::size_t file_bytes_max = 1024 * 1024;
constexpr mode_t vkeys_mode = 0640;

Error malformed_vkeys(std::string what) { return {Errc::malformed, std::move(what)}; }

Result<LogKeys::Known> parse_line(std::string_view line) {
    const auto space = line.find(' ');
    const auto since = parse_decimal(line.substr(0, space));
    if (!since || space == line.npos) return malformed_vkeys("a line of vkeys begins with a size");
    auto key = tlog::VerifierKey::parse(line.substr(space + 1));
    if (!key) return key.error();
    return LogKeys::Known{*since, std::move(*key)};
}

}  // namespace

LogKeys::LogKeys(tlog::VerifierKey first, std::uint64_t since) { add(since, std::move(first)); }

Result<LogKeys> LogKeys::parse(std::string_view text) {
    LogKeys keys;
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == text.npos) return malformed_vkeys("vkeys does not end with a whole line");
        auto known = parse_line(text.substr(0, end));
        if (!known) return known.error();
        text.remove_prefix(end + 1);
        if (!keys.known_.empty() &&
            (known->key.name() != keys.origin() || known->since <= keys.known_.back().since))
            return malformed_vkeys("vkeys lists keys of several logs, or not in their order");
        keys.known_.push_back(std::move(*known));
    }
    if (keys.known_.empty()) return malformed_vkeys("vkeys lists no key");
    return keys;
}

std::string LogKeys::to_text() const {
    std::string text;
    for (const auto& [since, key] : known_)
        text += std::to_string(since) + ' ' + key.to_text() + '\n';
    return text;
}

Result<std::optional<LogKeys>> LogKeys::read(const std::filesystem::path& folder) {
    const auto text = read_file(folder / vkeys_file, file_bytes_max);
    if (!text && text.error().code == std::errc::no_such_file_or_directory)
        return std::optional<LogKeys>();
    if (!text) return text.error();
    auto keys = parse(*text);
    if (!keys) return keys.error();
    return std::optional(std::move(*keys));
}

Result<void> LogKeys::write(const std::filesystem::path& folder) const {
    return replace_file(folder / vkeys_file, to_text(), vkeys_mode);
}

void LogKeys::add(std::uint64_t since, tlog::VerifierKey key) {
    known_.push_back({since, std::move(key)});
}

bool LogKeys::good_at(std::size_t index, std::uint64_t size) const {
    const bool last = index + 1 == known_.size();
    return known_[index].since <= size && (last || size <= known_[index + 1].since);
}

bool LogKeys::good_for(const tlog::VerifierKey& key, std::uint64_t size) const {
    const auto listed = std::ranges::find(known_, key, &Known::key);
    return listed == known_.end() ||
           good_at(static_cast<std::size_t>(listed - known_.begin()), size);
}

std::vector<tlog::VerifierKey> LogKeys::all() const {
    std::vector<tlog::VerifierKey> keys;
    keys.reserve(known_.size());
    for (const auto& known : known_) keys.push_back(known.key);
    return keys;
}

Result<SignedCheckpoint> LogKeys::verify(std::string_view bytes) const {
    auto note = tlog::Note::parse(bytes);
    if (!note) return note.error();
    auto checkpoint = tlog::Checkpoint::parse(note->text);
    if (!checkpoint) return checkpoint.error();
    if (checkpoint->origin != origin())
        return Error{Errc::untrusted, "it is of another log, " + checkpoint->origin};
    auto signers = note->verify(all());
    if (!signers) return Error{Errc::untrusted, sallyport::to_text(signers.error())};
    std::erase_if(*signers, [&](std::size_t i) { return !good_at(i, checkpoint->size); });
    if (signers->empty())
        return Error{Errc::untrusted, "its key was not in use for checkpoints of that size"};
    return SignedCheckpoint{std::move(*note), std::move(*checkpoint), std::move(*signers)};
}

std::string make_origin() {
    constexpr std::size_t random = 16;
    return "sallyport/" + to_hex(certs::random_bytes(random));
}

Result<tlog::Checkpoint> read_checkpoint(std::string_view bytes) {
    const auto note = tlog::Note::parse(bytes);
    if (!note) return note.error();
    return tlog::Checkpoint::parse(note->text);
}

}  // namespace sallyport::audit
