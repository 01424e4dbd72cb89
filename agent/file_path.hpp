#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// Where a request's path leads below the folder that a mapping exposes: names as the file server
/// has them, decoded once and taken literally.
struct FilePath {
    static constexpr std::size_t name_bytes_max = 255;
    static constexpr std::size_t names_max = 64;
    static constexpr std::size_t path_bytes_max = 3072;  // with the exposed folder within SFTP's

    std::vector<std::string> names;
    bool folder = false;  // it ends in a slash

    /// Of a target in origin-form; the query is not looked at. What could be read in two ways has
    /// no reading: an encoded slash, an empty segment, a parameter. Errors: Errc::malformed; the
    /// detail says what is wrong.
    static Result<FilePath> parse(std::string_view target);

    /// Whether a name is one of those that nobody sees.
    bool is_hidden() const;
    /// "/in/a b.json"
    std::string text() const;
    /// "/data/exchange/in/a b.json"
    std::string below(std::string_view base) const;
    bool operator==(const FilePath&) const = default;
};

/// The parts of an absolute path as a file server writes it: "/a/b" -> "a", "b".
std::vector<std::string> names_of(std::string_view path);

}  // namespace sallyport::agent
