#include "ssh/sftp_packet.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::ssh {
namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::uint32_t has_size = 0x01;
constexpr std::uint32_t has_owner = 0x02;
constexpr std::uint32_t has_permissions = 0x04;
constexpr std::uint32_t has_times = 0x08;
constexpr std::uint32_t has_extended = 0x80000000;
constexpr std::size_t name_bytes_min = 12;  // of an entry of NAME: two texts and flags

void append_number(std::string& out, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xffU);
}

Error broken(std::string_view what) {
    return {Errc::protocol, "the SFTP server sent " + std::string(what)};
}

/// Reads field after field; a packet that is too short is noted and reads as zeros.
class Cursor {
public:
    explicit Cursor(BytesView bytes) : rest_(bytes) {}

    std::uint8_t byte() { return static_cast<std::uint8_t>(unsigned_of(1)); }
    std::uint32_t number() { return static_cast<std::uint32_t>(unsigned_of(4)); }
    std::uint64_t long_number() { return unsigned_of(8); }
    BytesView bytes() {
        const auto size = number();
        if (size > rest_.size()) {
            fail();
            return {};
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    std::string_view text() { return as_text(bytes()); }
    SftpAttributes attributes();

    void fail() {
        good_ = false;
        rest_ = {};
    }
    bool good() const { return good_; }
    std::size_t left() const { return rest_.size(); }

private:
    std::uint64_t unsigned_of(std::size_t size) {
        if (size > rest_.size()) {
            fail();
            return 0;
        }
        std::uint64_t value = 0;
        for (const auto byte : rest_.first(size))
            value = (value << 8U) | std::to_integer<std::uint64_t>(byte);
        rest_ = rest_.subspan(size);
        return value;
    }

    BytesView rest_;
    bool good_ = true;
};

SftpAttributes Cursor::attributes() {
    SftpAttributes facts;
    const auto flags = number();
    if (flags & has_size) facts.size = long_number();
    if (flags & has_owner) (void)long_number();
    if (flags & has_permissions) facts.permissions = number();
    if (flags & has_times) {
        (void)number();  // when it was read last
        facts.modified = number();
    }
    if (flags & has_extended)
        for (auto count = number(); count > 0 && good_; --count) {
            (void)text();
            (void)text();
        }
    return facts;
}

void read_names(Cursor& cursor, std::vector<SftpName>& names) {
    const auto count = cursor.number();
    if (count > cursor.left() / name_bytes_min) return cursor.fail();
    names.reserve(count);
    for (std::uint32_t i = 0; i < count && cursor.good(); ++i) {
        const auto name = cursor.text();
        (void)cursor.text();  // as `ls -l` would show it
        names.push_back({name, cursor.attributes()});
    }
}

}  // namespace

FileKind SftpAttributes::kind() const {
    if (!permissions) return FileKind::unknown;
    switch (*permissions & 0170000U) {
        case 0100000U:
            return FileKind::file;
        case 0040000U:
            return FileKind::folder;
        case 0120000U:
            return FileKind::link;
        case 0:
            return FileKind::unknown;
        default:
            return FileKind::other;
    }
}

SftpRequest::SftpRequest(std::string& out, SftpType type, std::uint32_t id)
    : out_(out), begin_(out.size()) {
    append_number(out_, 0);
    out_ += static_cast<char>(type);
    append_number(out_, id);
}

SftpRequest::~SftpRequest() {
    auto length = static_cast<std::uint32_t>(out_.size() - begin_ - length_bytes);
    for (std::size_t i = length_bytes; i-- > 0; length >>= 8U)
        out_[begin_ + i] = static_cast<char>(length & 0xffU);
}

SftpRequest& SftpRequest::number(std::uint32_t value) {
    append_number(out_, value);
    return *this;
}

SftpRequest& SftpRequest::long_number(std::uint64_t value) {
    append_number(out_, static_cast<std::uint32_t>(value >> 32U));
    append_number(out_, static_cast<std::uint32_t>(value));
    return *this;
}

SftpRequest& SftpRequest::text(std::string_view value) {
    append_number(out_, static_cast<std::uint32_t>(value.size()));
    out_ += value;
    return *this;
}

SftpRequest& SftpRequest::permissions(std::optional<std::uint32_t> mode) {
    append_number(out_, mode ? has_permissions : 0);
    if (mode) append_number(out_, *mode);
    return *this;
}

void append_sftp_init(std::string& out) {
    append_number(out, 5);
    out += static_cast<char>(SftpType::init);
    append_number(out, sftp_version);
}

Result<SftpReply> parse_sftp_reply(BytesView packet) {
    Cursor cursor(packet);
    SftpReply reply;
    reply.type = static_cast<SftpType>(cursor.byte());
    reply.id = cursor.number();
    switch (reply.type) {
        case SftpType::status:
            reply.status = cursor.number();
            // Servers of version 2 end here, and some of version 3 do as well.
            if (cursor.left() > 0) reply.text = cursor.text();
            break;
        case SftpType::handle:
            reply.text = cursor.text();
            if (reply.text.empty() || reply.text.size() > sftp_handle_bytes_max) cursor.fail();
            break;
        case SftpType::data:
            reply.data = cursor.bytes();
            break;
        case SftpType::name:
            read_names(cursor, reply.names);
            break;
        case SftpType::attributes:
            reply.attributes = cursor.attributes();
            break;
        default:
            return broken("a packet of a type that answers nothing");
    }
    if (!cursor.good()) return broken("a packet whose lengths do not agree");
    return reply;
}

Result<SftpVersion> parse_sftp_version(BytesView packet) {
    Cursor cursor(packet);
    if (cursor.byte() != static_cast<std::uint8_t>(SftpType::version))
        return broken("something else than its version first");
    SftpVersion version;
    version.version = cursor.number();
    while (cursor.good() && cursor.left() > 0) {
        const auto name = cursor.text();
        const auto value = cursor.text();
        if (name == "posix-rename@openssh.com" && value == "1") version.posix_rename = true;
        if (name == "fsync@openssh.com" && value == "1") version.fsync = true;
    }
    if (!cursor.good()) return broken("a version whose lengths do not agree");
    return version;
}

Result<std::optional<std::size_t>> sftp_packet_length(BytesView bytes) {
    if (bytes.size() < length_bytes) return std::optional<std::size_t>();
    Cursor cursor(bytes);
    const std::size_t length = cursor.number();
    if (length == 0 || length > sftp_packet_bytes_max)
        return broken("what is no SFTP packet (does a login script of the user print something?)");
    return std::optional(length);
}

}  // namespace sallyport::ssh
