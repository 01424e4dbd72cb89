#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// The keys with which hubs countersign our audit log, as they were at first use: by the name of
/// the hub in the configuration. A small file in the state directory.
class WitnessPins {
public:
    explicit WitnessPins(std::filesystem::path file) : file_(std::move(file)) {}

    /// A file that is missing pins nothing. After an error nothing can be pinned, so that nobody is
    /// believed anew because of it. Errors: Errc::malformed.
    Result<void> load();
    /// What load() could not read; empty if it could.
    const std::string& failure() const { return failure_; }
    /// Empty if none is pinned.
    std::string find(std::string_view hub) const;
    /// In the file first.
    Result<void> pin(std::string_view hub, std::string_view key);

private:
    Result<void> read();

    std::string failure_;
    std::filesystem::path file_;
    std::map<std::string, std::string, std::less<>> keys_;
};

}  // namespace sallyport::agent
