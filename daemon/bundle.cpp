#include "daemon/bundle.hpp"

#include "audit/clock.hpp"
#include "base/config_excerpt.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/write_all.hpp"
#include "daemon/tar_gz.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

std::string shortened(std::string_view content) {
    if (content.size() <= bundle_part_bytes_max) return std::string(content);
    const auto cut = content.size() - bundle_part_bytes_max;
    return "[the first " + std::to_string(cut) + " bytes were left out]\n" +
           std::string(content.substr(cut));
}

Result<void> write_whole(const std::filesystem::path& path, std::string_view content) {
    FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST)
        return Error{Errc::conflict,
                     path.string() + " is there already: name another file with -o"};
    if (!file) return os_error("write " + path.string());
    return write_all(file.get(), content, path.string());
}

}  // namespace

std::string bundle_list(const std::vector<BundlePart>& parts, std::string_view program,
                        std::chrono::sys_seconds now) {
    auto text =
        "Bundle of " + std::string(program) + ", made " + audit::to_rfc3339(now) +
        ".\n\nLOOK THROUGH IT BEFORE YOU SEND IT TO ANYBODY. It holds names of internal "
        "systems,\naddresses and log lines. Keys, passwords and tokens are not in it: no "
        "file\nthat holds a secret was copied, and of the configuration only values of keys on "
        "a list are\nhere.\n\n";
    for (const auto& part : parts) {
        text += part.content.empty() ? "(nothing)  " : "";
        text += part.name + ": " + part.what + "\n";
    }
    return text;
}

std::string bundle_file_name(std::string_view program, std::chrono::sys_seconds now) {
    constexpr std::size_t whole_seconds = 19;  // of "2026-03-01T12:00:00.000000Z"
    auto time = audit::to_rfc3339(now).substr(0, whole_seconds) + "Z";
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    return std::string(program) + "-bundle-" + time + ".tar.gz";
}

Result<void> write_bundle(const std::filesystem::path& file, const std::vector<BundlePart>& parts,
                          std::string_view program, std::chrono::sys_seconds now) {
    Tar tar(now);
    const auto folder = std::string(program) + "-bundle/";
    tar.add(folder + "README.txt", bundle_list(parts, program, now));
    for (const auto& part : parts)
        if (!part.content.empty())
            tar.add(folder + part.name, without_url_secrets(shortened(part.content)));
    const auto packed = gzip(tar.finish());
    if (packed.empty()) return Error{Errc::failed, "the bundle cannot be compressed"};
    return write_whole(file, packed);
}

}  // namespace sallyport::daemon
