#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "mappings/moment.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// The last configuration that the agent could start or reload with, as texts: none of the files
/// that it names is in it. Kept in the state directory, readable for the agent alone.
struct LastGood {
    static constexpr std::size_t last_good_bytes_max = 24 * 1024 * 1024;

    mappings::Moment saved{};  // when it was last taken for good
    ConfigDocuments documents{};

    /// Errors: the operating system's; Errc::malformed for what nobody can have written.
    static Result<LastGood> load(const std::filesystem::path& file);
    static Result<LastGood> parse(std::string_view text);
    /// Durable when it returns. Errors: the operating system's, Errc::limit.
    Result<void> save(const std::filesystem::path& file) const;
    std::string text() const;
};

/// What is left of a good configuration while the files on disk are broken.
struct Narrowed {
    Config config;
    std::vector<std::string> closed{};  // mappings and rules that are gone, and why
};

/// Takes away what the present files, broken as they are, do not say in the same words any more:
/// what an administrator removed, narrowed or changed must not come back because he made a mistake
/// elsewhere. What they left alone stays, and nothing is added. `good` was read from `before`.
Narrowed narrowed(Config good, const ConfigDocuments& before, const ConfigDocuments& present);

/// `state_dir` of an agent.toml that may be broken: of the first line that says it, else where it
/// is by default.
std::filesystem::path state_dir_of(std::string_view text);

}  // namespace sallyport::agent
