// C2SP signed-note: a text, an empty line, and signature lines.
#pragma once

#include "base/result.hpp"
#include "tlog/verifier_key.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::tlog {

inline constexpr std::size_t note_bytes_max = 128 * 1024;
inline constexpr std::size_t note_signatures_max = 32;

/// One signature line, of any kind of key.
struct NoteSignature {
    std::string name;
    KeyId id = 0;
    std::string signature;  // bytes, without the key id

    /// `— name base64` with its line end.
    std::string to_text() const;
    /// Of a line with its end. Errors: Errc::malformed.
    static Result<NoteSignature> parse(std::string_view line);

    bool is_of(const VerifierKey& key) const { return id == key.id() && name == key.name(); }
    friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

/// Signature lines and nothing else. Errors: Errc::malformed, Errc::limit.
Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines);

/// Whether this key made this signature. Errors: Errc::untrusted.
Result<void> verify(const VerifierKey& key, std::string_view text, const NoteSignature& signature);

/// When a cosignature was made, in seconds since 1970. Believe it after verify() only.
/// Errors: Errc::malformed if it cannot be one.
Result<std::uint64_t> cosignature_time(const NoteSignature& signature);

struct Note {
    std::string text;  // with its last line end
    std::vector<NoteSignature> signatures;

    /// There is one spelling: to_text() gives the same bytes again.
    /// Errors: Errc::malformed, Errc::limit.
    static Result<Note> parse(std::string_view bytes);
    std::string to_text() const;

    /// Adds a signature line, in the place of an older one of the same key.
    void add(NoteSignature signature);

    /// The keys that signed, as indexes of `known`; one at least. Lines of other keys count for
    /// nothing.
    /// Errors: Errc::untrusted if a line of a known key is wrong, Errc::not_found if there is none.
    Result<std::vector<std::size_t>> verify(std::span<const VerifierKey> known) const;

    friend bool operator==(const Note&, const Note&) = default;
};

}  // namespace sallyport::tlog
