#pragma once

#include "base/file.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>

/// The folder of a log that a fuzzer fills; it goes when the process ends.
inline const std::filesystem::path& folder() {
    static const std::filesystem::path path = [] {
        std::string pattern = "/dev/shm/sallyport-audit-fuzz-XXXXXX";
        if (!::mkdtemp(pattern.data())) std::abort();
        static const std::string made = pattern;
        std::atexit([] { std::filesystem::remove_all(made); });
        return std::filesystem::path(made);
    }();
    return path;
}

inline void require(bool condition) {
    if (!condition) std::abort();
}

inline void put(const std::string& name, std::string_view content) {
    const sallyport::FileDescriptor file(
        ::open((folder() / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    require(::write(file.get(), content.data(), content.size()) ==
            static_cast<ssize_t>(content.size()));
}
