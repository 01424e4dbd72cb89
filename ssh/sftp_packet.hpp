#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// SFTP version 3 on the wire (draft-ietf-secsh-filexfer-02), over byte spans.
namespace sallyport::ssh {

/// Length of a packet without its length field, in both directions.
inline constexpr std::size_t sftp_packet_bytes_max = 256 * 1024;
inline constexpr std::size_t sftp_path_bytes_max = 4096;
inline constexpr std::size_t sftp_handle_bytes_max = 256;  // section 6.2
inline constexpr std::uint32_t sftp_version = 3;

enum class SftpType : std::uint8_t {
    init = 1,
    version = 2,
    open = 3,
    close = 4,
    read = 5,
    write = 6,
    lstat = 7,
    fstat = 8,
    fsetstat = 10,
    opendir = 11,
    readdir = 12,
    remove = 13,
    mkdir = 14,
    rmdir = 15,
    realpath = 16,
    rename = 18,
    status = 101,
    handle = 102,
    data = 103,
    name = 104,
    attributes = 105,
    extended = 200,
};

/// pflags of SSH_FXP_OPEN (section 6.3).
enum SftpOpen : std::uint32_t {
    sftp_open_read = 0x01,
    sftp_open_write = 0x02,
    sftp_open_create = 0x08,
    sftp_open_new = 0x20,  // fail if it exists; together with create
};

enum class FileKind { unknown, file, folder, link, other };

/// ATTRS (section 5), as far as a server told them and we use them.
struct SftpAttributes {
    std::optional<std::uint64_t> size{};
    std::optional<std::uint32_t> permissions{};  // with the kind of file in it
    std::optional<std::uint32_t> modified{};     // seconds since 1970, UTC

    FileKind kind() const;
    bool operator==(const SftpAttributes&) const = default;
};

/// Appends one request to a buffer: construct, add its fields in order; it is whole when this goes.
class SftpRequest {
public:
    SftpRequest(std::string& out, SftpType type, std::uint32_t id);
    ~SftpRequest();
    SftpRequest(const SftpRequest&) = delete;
    SftpRequest& operator=(const SftpRequest&) = delete;

    SftpRequest& number(std::uint32_t value);
    SftpRequest& long_number(std::uint64_t value);
    SftpRequest& text(std::string_view value);
    /// ATTRS with permissions, or with nothing.
    SftpRequest& permissions(std::optional<std::uint32_t> mode);

private:
    std::string& out_;
    std::size_t begin_;
};

/// SSH_FXP_INIT, which has no id.
void append_sftp_init(std::string& out);

struct SftpName {
    std::string_view name;
    SftpAttributes attributes;
};

/// An answer of the server. Views into the packet it was read from.
struct SftpReply {
    SftpType type = SftpType::status;
    std::uint32_t id = 0;
    std::uint32_t status = 0;     // of `status`: see SftpFault; 0 = done
    std::string_view text;        // of `status` the message, of `handle` the handle
    BytesView data;               // of `data`
    std::vector<SftpName> names;  // of `name`
    SftpAttributes attributes;    // of `attributes`
};

/// What a server says of itself.
struct SftpVersion {
    std::uint32_t version = 0;
    bool posix_rename = false;  // posix-rename@openssh.com, which replaces
    bool fsync = false;         // fsync@openssh.com
};

/// `packet`: without its length. Errors: Errc::protocol.
Result<SftpReply> parse_sftp_reply(BytesView packet);
Result<SftpVersion> parse_sftp_version(BytesView packet);

/// The length of the packet whose first bytes these are, its length field not counted; nothing as
/// long as there are fewer than 4. Errors: Errc::protocol for one that no packet has.
Result<std::optional<std::size_t>> sftp_packet_length(BytesView bytes);

}  // namespace sallyport::ssh
