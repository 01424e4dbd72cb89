#include "ssh/known_hosts.hpp"

#include "base/error.hpp"

#include <libssh2.h>

#include <array>
#include <memory>
#include <vector>

namespace sallyport::ssh {
namespace {

/// The types of host keys that we accept, the preferred one first. RSA is missing: libssh2 1.10 can
/// check it with SHA-1 only.
struct KeyType {
    std::string_view name;
    int bits;
};
constexpr std::array accepted{
    KeyType{"ssh-ed25519", LIBSSH2_KNOWNHOST_KEY_ED25519},
    KeyType{"ecdsa-sha2-nistp256", LIBSSH2_KNOWNHOST_KEY_ECDSA_256},
    KeyType{"ecdsa-sha2-nistp384", LIBSSH2_KNOWNHOST_KEY_ECDSA_384},
    KeyType{"ecdsa-sha2-nistp521", LIBSSH2_KNOWNHOST_KEY_ECDSA_521},
};

struct FreeSession {
    void operator()(LIBSSH2_SESSION* session) const { libssh2_session_free(session); }
};
struct FreeHosts {
    void operator()(LIBSSH2_KNOWNHOSTS* hosts) const { libssh2_knownhost_free(hosts); }
};

/// libssh2's reading of a file.
class List {
public:
    List() : session_(libssh2_session_init()) {
        if (session_) hosts_.reset(libssh2_knownhost_init(session_.get()));
    }

    bool add(std::string_view text) {
        // libssh2 1.10 cuts the key of a line that has no end.
        const auto line = std::string(text) + "\n";
        return hosts_ && libssh2_knownhost_readline(hosts_.get(), line.data(), line.size(),
                                                    LIBSSH2_KNOWNHOST_FILE_OPENSSH) == 0;
    }
    /// LIBSSH2_KNOWNHOST_CHECK_...
    int check(const std::string& name, BytesView key, int type_bits) {
        if (!hosts_) return LIBSSH2_KNOWNHOST_CHECK_FAILURE;
        const auto text = as_text(key);
        return libssh2_knownhost_checkp(
            hosts_.get(), name.c_str(), -1, text.data(), text.size(),
            LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW | type_bits, nullptr);
    }

private:
    std::unique_ptr<LIBSSH2_SESSION, FreeSession> session_;
    std::unique_ptr<LIBSSH2_KNOWNHOSTS, FreeHosts> hosts_;
};

std::string_view next_word(std::string_view& line) {
    constexpr std::string_view blanks = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const auto word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

struct Line {
    std::size_t number = 0;
    std::string_view text;
    std::string_view marker;  // "@revoked"
    std::string_view names;
    std::string_view key;  // base64
};

/// What stands in it, without comments.
std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        Line line;
        line.number = number;
        line.text = text.substr(0, end);
        if (line.text.ends_with('\r')) line.text.remove_suffix(1);
        text.remove_prefix(std::min(end + 1, text.size()));
        auto rest = line.text;
        line.names = next_word(rest);
        if (line.names.empty() || line.names.starts_with('#')) continue;
        if (line.names.starts_with('@')) {
            line.marker = line.names;
            line.names = next_word(rest);
        }
        next_word(rest);  // the type
        line.key = next_word(rest);
        lines.push_back(line);
    }
    return lines;
}

/// As libssh2 is to read it, which compares names letter by letter; we ask in lower case.
std::string lowered(const Line& line) {
    if (line.names.starts_with('|')) return std::string(line.text);  // a hash
    const auto before = static_cast<std::size_t>(line.names.data() - line.text.data());
    return std::string(line.text.substr(0, before)) + to_lower(line.names) +
           std::string(line.text.substr(before + line.names.size()));
}

/// libssh2 1.10 does not find names that are shorter.
bool has_short_name(std::string_view names) {
    constexpr std::size_t name_bytes_min = 3;
    while (true) {
        const auto end = names.find(',');
        const auto name = names.substr(0, end);
        if (!name.empty() && name.size() < name_bytes_min) return true;
        if (end == names.npos) return false;
        names.remove_prefix(end + 1);
    }
}

void fill(List& list, std::string_view text) {
    for (const auto& line : lines_of(text))
        if (line.marker.empty()) list.add(lowered(line));
}

/// "|1|salt|hash", both in base64, the hash of SHA-1's length: nothing else can be a hashed name.
bool is_whole(std::string_view hashed) {
    constexpr std::size_t sha1_bytes = 20;
    constexpr std::string_view mark = "|1|";
    if (!hashed.starts_with(mark)) return false;
    hashed.remove_prefix(mark.size());
    const auto bar = hashed.find('|');
    if (bar == hashed.npos || bar == 0) return false;
    const auto hash = from_base64(hashed.substr(bar + 1));
    return from_base64(hashed.substr(0, bar)) && hash && hash->size() == sha1_bytes;
}

int bits_of(std::string_view type) {
    for (const auto& known : accepted)
        if (known.name == type) return known.bits;
    return LIBSSH2_KNOWNHOST_KEY_UNKNOWN;
}

}  // namespace

Result<void> check_known_hosts(std::string_view text, const std::string& file) {
    List list;
    for (const auto& line : lines_of(text)) {
        const auto where = file + ":" + std::to_string(line.number) + ": ";
        if (!line.marker.empty() && line.marker != "@revoked" && line.marker != "@cert-authority")
            return Error{Errc::malformed, where + "unknown marker " + std::string(line.marker)};
        if (line.key.empty() || !from_base64(line.key))
            return Error{Errc::malformed, where + "must be: name, type of key, key in base64"};
        if (!line.marker.empty()) continue;
        if (line.names.find_first_of("*?!") != line.names.npos)
            return Error{Errc::malformed,
                         where + "patterns are not supported: name each host by itself"};
        if (line.names.find('|') != line.names.npos && !is_whole(line.names))
            return Error{Errc::malformed, where + "the hashed name is damaged"};
        if (has_short_name(line.names))
            return Error{Errc::malformed,
                         where +
                             "names of one or two characters cannot be used: name the host "
                             "by its full name or its address, in `via` as well"};
        if (!list.add(lowered(line)))
            return Error{Errc::malformed, where + "cannot be read as a line of known_hosts"};
    }
    return {};
}

Verdict judge_host_key(std::string_view text, std::string_view host, std::uint16_t port,
                       BytesView key) {
    const auto encoded = to_base64(key);
    for (const auto& line : lines_of(text))
        if (line.marker == "@revoked" && line.key == encoded) return Verdict::revoked;
    List list;
    fill(list, text);
    switch (list.check(name_in_known_hosts(host, port), key, bits_of(type_of_key(key)))) {
        case LIBSSH2_KNOWNHOST_CHECK_MATCH:
            return Verdict::known;
        case LIBSSH2_KNOWNHOST_CHECK_MISMATCH:
            return Verdict::changed;
        default:
            return Verdict::unknown;
    }
}

std::string host_key_types(std::string_view text, std::string_view host, std::uint16_t port) {
    List list;
    fill(list, text);
    const auto name = name_in_known_hosts(host, port);
    std::string known;
    std::string all;
    for (const auto& type : accepted) {
        // A key that nobody has tells whether there is one of that type.
        const bool is_known =
            list.check(name, as_bytes("no key"), type.bits) == LIBSSH2_KNOWNHOST_CHECK_MISMATCH;
        if (is_known) known += (known.empty() ? "" : ",") + std::string(type.name);
        all += (all.empty() ? "" : ",") + std::string(type.name);
    }
    return known.empty() ? all : known;
}

std::string name_in_known_hosts(std::string_view host, std::uint16_t port) {
    constexpr std::uint16_t port_default = 22;
    const auto name = to_lower(host);
    return port == port_default ? name : "[" + name + "]:" + std::to_string(port);
}

std::string type_of_key(BytesView key) {
    constexpr std::size_t length_bytes = 4;
    if (key.size() < length_bytes) return {};
    std::size_t size = 0;
    for (const auto byte : key.first(length_bytes))
        size = size << 8 | std::to_integer<unsigned>(byte);
    if (size > key.size() - length_bytes) return {};
    return std::string(as_text(key.subspan(length_bytes, size)));
}

std::string known_hosts_line(std::string_view host, std::uint16_t port, BytesView key) {
    return name_in_known_hosts(host, port) + " " + type_of_key(key) + " " + to_base64(key);
}

}  // namespace sallyport::ssh
