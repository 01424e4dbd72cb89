#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::audit {

class Discloser;

/// The longest record, newline included (docs/AUDIT.md#limits).
inline constexpr std::size_t record_bytes_max = 65'535;

/// Writes one record: a JSON object (RFC 8259) on one line. Every text is escaped so that it is
/// valid UTF-8, has no control character, and gives back the very bytes it was made of
/// (docs/AUDIT.md#texts).
class Line {
public:
    /// Longest text as it stands in the record. What is longer is cut, and the key `cut` says so.
    static constexpr std::size_t text_bytes_max = 2 * 1024;
    static constexpr std::size_t path_bytes_max = 16 * 1024;

    explicit Line(std::string& out) : out_(out) { out_ += '{'; }
    /// With personal values, which go to `discloser`.
    Line(std::string& out, Discloser& discloser) : out_(out), discloser_(&discloser) {
        out_ += '{';
    }

    /// `key` needs no escaping. An empty value is left out.
    void text(std::string_view key, std::string_view value, std::size_t bytes_max = text_bytes_max);
    /// One of personal_fields: the record has a commitment to it. An empty value is left out.
    void personal(std::string_view key, std::string_view value);
    /// A value that is known to need no escaping, e.g. a digest.
    void plain(std::string_view key, std::string_view value);
    void number(std::string_view key, std::uint64_t value);
    void number(std::string_view key, std::int64_t value);
    /// Ends the line.
    void finish();

private:
    struct Cut {
        std::string_view key;
        std::size_t bytes;  // of the whole value
    };
    static constexpr std::size_t cuts_max = 16;  // more than an event has texts

    /// Without the quote behind it.
    void open_key(std::string_view name);
    void key(std::string_view name);

    std::string& out_;
    Discloser* discloser_ = nullptr;
    bool first_ = true;
    std::array<Cut, cuts_max> cuts_{};
    std::size_t cut_count_ = 0;
};

}  // namespace sallyport::audit
