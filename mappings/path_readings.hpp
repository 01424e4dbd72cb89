#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// All the ways in which a back end may understand the path of a request-target. What we forward is
/// the raw target, so an access decision must hold for each of them:
///   - percent-decoding not done, done once, done twice (a decoder may leave what it cannot
///   decode);
///   - an encoded slash is a separator, or data;
///   - path parameters (";v=2") belong to a segment, or are cut off;
///   - empty segments ("//") count, or are merged away.
/// Decoding is lenient: what is no escape after the first time ("100%25" -> "100%") stays as it is.
/// In a reading a slash that is data stands as the byte `data_slash`.
class PathReadings {
public:
    static constexpr char data_slash = '\x01';
    static constexpr std::size_t path_bytes_max = 16 * 1024;

    /// `target`: origin-form; the query is not looked at. Errors: Errc::malformed with a text,
    /// whatever the rules say, for: no leading slash, bytes that do not belong into a target,
    /// malformed percent-encoding, a fragment, a backslash, NUL or other control character raw or
    /// encoded, overlong UTF-8, a dot segment in any reading, and more than path_bytes_max.
    static Result<PathReadings> of(std::string_view target);

    /// The path as it stands in the target. A view into the target.
    std::string_view raw() const { return raw_; }

    /// Calls `holds` for each different reading until one returns false; says whether all were
    /// true.
    template <class Predicate>
    bool all(Predicate holds) const {
        if (!holds(raw_)) return false;
        for (const auto& reading : others_)
            if (!holds(std::string_view(reading))) return false;
        return true;
    }

private:
    explicit PathReadings(std::string_view raw) : raw_(raw) {}
    std::string_view raw_;
    std::vector<std::string> others_;  // empty for a plain path, which reads one way only
};

/// Whether `c` parts the segments of a reading, a slash that is data among them.
bool is_separator(char c);

/// What a back end may see of a segment at least: without parameters (";v=1"), without what looks
/// like a query or a fragment to one that reads the decoded path as a URL again ("%3F", "%23"), and
/// without the spaces at its end, which file systems drop.
std::string_view bare_segment(std::string_view segment);

/// A path that reads one way only: segments of letters, digits and -._~!$&'()*+,=:@ , no dot
/// segment, no empty segment but a last one.
bool is_plain_path(std::string_view path);

}  // namespace sallyport::mappings
