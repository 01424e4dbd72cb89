#include "tlog/note.hpp"

#include "base/error.hpp"
#include "certs/signature.hpp"
#include "tlog/cosigned_text.hpp"
#include "tlog/spelling.hpp"

#include <algorithm>

namespace sallyport::tlog {
namespace {

/// U+2014 and a space.
constexpr std::string_view line_start = "\xe2\x80\x94 ";
constexpr std::size_t id_bytes = sizeof(KeyId);

Error malformed_note(const char* what) { return Error{Errc::malformed, what}; }

std::string big_endian(std::uint64_t number, std::size_t bytes) {
    std::string out(bytes, '\0');
    for (auto byte = out.rbegin(); byte != out.rend(); ++byte, number >>= 8)
        *byte = static_cast<char>(number & 0xff);
    return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

}  // namespace

std::string NoteSignature::to_text() const {
    const auto bytes = big_endian(id, id_bytes) + signature;
    return std::string(line_start) + name + ' ' + to_base64(as_bytes(bytes)) + '\n';
}

Result<NoteSignature> NoteSignature::parse(std::string_view line) {
    if (!line.starts_with(line_start) || !line.ends_with('\n'))
        return malformed_note("a signature line begins with a dash and a space");
    line = line.substr(line_start.size(), line.size() - line_start.size() - 1);
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
        return malformed_note("a signature line without a name");
    const auto bytes = parse_base64(line.substr(space + 1));
    if (!bytes) return bytes.error();
    if (bytes->size() <= id_bytes) return malformed_note("a signature line without a signature");
    const auto text = as_text(*bytes);
    return NoteSignature{std::string(line.substr(0, space)),
                         static_cast<KeyId>(from_big_endian(text.substr(0, id_bytes))),
                         std::string(text.substr(id_bytes))};
}

Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines) {
    std::vector<NoteSignature> signatures;
    if (lines.empty()) return malformed_note("no signature line");
    if (lines.size() > note_bytes_max) return Error{Errc::limit, "the signatures are too long"};
    while (!lines.empty()) {
        if (signatures.size() == note_signatures_max)
            return Error{Errc::limit, "the note has too many signatures"};
        const auto end = lines.find('\n');
        if (end == std::string_view::npos)
            return malformed_note("a signature line without its end");
        auto signature = NoteSignature::parse(lines.substr(0, end + 1));
        if (!signature) return signature.error();
        signatures.push_back(std::move(*signature));
        lines.remove_prefix(end + 1);
    }
    return signatures;
}

Result<void> verify(const VerifierKey& key, std::string_view text, const NoteSignature& signature) {
    if (!signature.is_of(key)) return Error{Errc::untrusted, "a signature of another key"};
    if (key.type() != KeyType::cosignature)
        return certs::verify(key.key(), text, signature.signature);
    const auto time = cosignature_time(signature);
    if (!time) return Error{Errc::untrusted, time.error().detail};
    return certs::verify(key.key(), cosigned_text(*time, text),
                         std::string_view(signature.signature).substr(cosignature_time_bytes));
}

Result<std::uint64_t> cosignature_time(const NoteSignature& signature) {
    if (signature.signature.size() != cosignature_time_bytes + ed25519_signature_bytes)
        return malformed_note("a cosignature has 72 bytes");
    const auto time =
        from_big_endian(std::string_view(signature.signature).substr(0, cosignature_time_bytes));
    if (time > cosignature_time_max) return malformed_note("a cosignature from beyond all time");
    return time;
}

Result<Note> Note::parse(std::string_view bytes) {
    if (bytes.size() > note_bytes_max) return Error{Errc::limit, "the note is too long"};
    if (!is_note_text(bytes)) return malformed_note("a note is UTF-8 without control characters");
    const auto gap = bytes.rfind("\n\n");
    if (gap == std::string_view::npos) return malformed_note("a note without an empty line");
    auto signatures = parse_signatures(bytes.substr(gap + 2));
    if (!signatures) return signatures.error();
    return Note{std::string(bytes.substr(0, gap + 1)), std::move(*signatures)};
}

std::string Note::to_text() const {
    std::string bytes = text + '\n';
    for (const auto& signature : signatures) bytes += signature.to_text();
    return bytes;
}

void Note::add(NoteSignature signature) {
    const auto old = std::ranges::find_if(signatures, [&](const NoteSignature& other) {
        return other.id == signature.id && other.name == signature.name;
    });
    if (old == signatures.end()) {
        signatures.push_back(std::move(signature));
    } else {
        *old = std::move(signature);
    }
}

Result<std::vector<std::size_t>> Note::verify(std::span<const VerifierKey> known) const {
    std::vector<std::size_t> signers;
    for (const auto& signature : signatures) {
        const auto key = std::ranges::find_if(
            known, [&](const VerifierKey& candidate) { return signature.is_of(candidate); });
        if (key == known.end()) continue;
        if (auto good = tlog::verify(*key, text, signature); !good)
            return Error{Errc::untrusted,
                         "the signature of " + key->name() + " does not belong to this note"};
        const auto index = static_cast<std::size_t>(key - known.begin());
        if (std::ranges::find(signers, index) == signers.end()) signers.push_back(index);
    }
    if (signers.empty()) return Error{Errc::not_found, "the note is not signed by a known key"};
    return signers;
}

}  // namespace sallyport::tlog
