#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::forward {

enum class Kind { syslog, journald, file, sftp };
/// Where a target begins that has no cursor yet.
enum class Begin { end, start };
/// json: the line as it stands in the log; cef: ArcSight's Common Event Format.
enum class Format { json, cef };

std::string_view to_text(Kind kind);

inline constexpr std::uint64_t file_bytes_default = std::uint64_t{1024} * 1024 * 1024;
inline constexpr std::string_view journal_socket_default = "/run/systemd/journal/socket";

/// [[audit.forward]]: one target of the audit log (docs/CONFIGURATION.md#audit-forward).
struct Settings {
    std::string name{};  // of the cursor, too
    Kind kind = Kind::syslog;
    Format format = Format::json;
    std::vector<std::string> events{"*"};  // patterns of event names
    Begin begin = Begin::end;
    bool personal = false;  // with what is disclosed of persons, as far as it was not erased

    // Of syslog:
    std::string host{};
    std::uint16_t port = 0;
    std::filesystem::path ca_file{};
    std::filesystem::path certificate_file{};  // shown to the receiver; may be empty
    std::filesystem::path key_file{};          // with it

    std::filesystem::path path{};  // of the file; of journald's socket
    std::uint64_t size_max = file_bytes_default;

    // Of sftp, beside host, port and key_file:
    std::string user{};
    std::string folder{};  // at the server
    std::filesystem::path passphrase_file{};
    std::filesystem::path known_hosts_file{};

    bool operator==(const Settings&) const = default;
};

}  // namespace sallyport::forward
