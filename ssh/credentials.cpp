#include "ssh/credentials.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret_file.hpp"
#include "ssh/engine.hpp"
#include "ssh/known_hosts.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::ssh {
namespace {

constexpr std::size_t key_bytes_max = 64 * 1024;
constexpr std::size_t passphrase_bytes_max = 1024;
constexpr std::size_t known_hosts_bytes_max = 4 * 1024 * 1024;

constexpr std::string_view begin_line = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view end_line = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view make_one =
    "make one with: ssh-keygen -t ed25519 -f FILE, and let the server know FILE.pub";

/// Reads the strings of a key (RFC 4251 section 5).
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }
    std::optional<std::size_t> number() {
        constexpr std::size_t size = 4;
        if (rest_.size() < size) return std::nullopt;
        std::size_t value = 0;
        for (const char c : rest_.substr(0, size))
            value = value << 8 | static_cast<unsigned char>(c);
        rest_.remove_prefix(size);
        return value;
    }
    std::optional<std::string_view> text() {
        const auto size = number();
        if (!size || *size > rest_.size()) return std::nullopt;
        const auto found = rest_.substr(0, *size);
        rest_.remove_prefix(*size);
        return found;
    }

private:
    std::string_view rest_;
};

Error no_key(std::string_view why) {
    return Error{Errc::malformed, std::string(why) + "; " + std::string(make_one)};
}

Error no_rsa() {
    return Error{Errc::unsupported,
                 "is an RSA key, for which libssh2 1.10 knows only signatures with SHA-1; " +
                     std::string(make_one)};
}

Result<Secret> read_passphrase(const std::filesystem::path& file) {
    auto secret = read_secret_file(file, passphrase_bytes_max);
    if (!secret) return secret.error();
    auto text = secret->reveal();
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() || text.find('\0') != text.npos)
        return Error{Errc::malformed,
                     file.string() + ": must hold the passphrase, one line of text"};
    return Secret(std::string(text));
}

/// Whether libssh2 can sign with it: it looks at the key before it asks a server anything.
Result<void> try_key(const Credentials& credentials) {
    auto engine = Engine::create();
    if (!engine) return engine.error();
    const auto tried = (*engine)->log_on("check", credentials);
    if (tried) return {};
    const auto& files = credentials.files;
    if (!credentials.passphrase.empty())
        return Error{Errc::malformed, files.key.string() +
                                          ": cannot be decrypted with the passphrase in " +
                                          files.passphrase.string()};
    return Error{Errc::malformed, files.key.string() + ": cannot be used (" + tried.error().detail +
                                      "); " + std::string(make_one)};
}

Result<void> check_key(const Credentials& credentials) {
    const auto& files = credentials.files;
    const auto name = files.key.string() + ": ";
    const auto facts = key_facts(credentials.key.reveal());
    if (!facts) return Error{facts.error().code, name + facts.error().detail};
    if (facts->encrypted && files.passphrase.empty())
        return Error{Errc::malformed, name + "is encrypted: name a passphrase_file"};
    if (!facts->encrypted && !files.passphrase.empty())
        return Error{Errc::malformed, name + "is not encrypted: leave passphrase_file out"};
    return try_key(credentials);
}

}  // namespace

Result<KeyFacts> key_facts(std::string_view text) {
    const auto begin = text.find(begin_line);
    const auto end = text.find(end_line);
    if (text.find("BEGIN RSA PRIVATE KEY") != text.npos) return no_rsa();
    if (begin == text.npos || end == text.npos || end < begin) {
        if (text.find("PRIVATE KEY-----") == text.npos) return no_key("holds no private key");
        return Error{Errc::unsupported,
                     "is not in the format of OpenSSH; rewrite it with: ssh-keygen -p -f FILE"};
    }
    const auto body = begin + begin_line.size();
    const auto bytes = from_base64(text.substr(body, end - body));
    if (!bytes) return no_key("is damaged");
    Reader reader(as_text(*bytes));
    if (!reader.skip(std::string_view("openssh-key-v1\0", 15))) return no_key("is damaged");
    const auto cipher = reader.text();
    const auto derivation = reader.text();
    const auto options = reader.text();
    const auto count = reader.number();
    const auto key = reader.text();
    if (!cipher || !derivation || !options || !count || !key) return no_key("is damaged");
    if (*count != 1) return no_key("holds several keys");
    const auto type = Reader(*key).text();
    if (!type) return no_key("is damaged");
    if (*type == "ssh-rsa") return no_rsa();
    constexpr std::array<std::string_view, 4> usable = {
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};
    if (std::ranges::find(usable, *type) == usable.end())
        return Error{Errc::unsupported,
                     "is of a type that is not supported; " + std::string(make_one)};
    return KeyFacts{std::string(*type), *cipher != "none"};
}

Result<CredentialsPtr> Credentials::load(const Files& files) {
    auto made = std::make_shared<Credentials>();
    made->files = files;
    auto key = read_secret_file(files.key, key_bytes_max);
    if (!key) return key.error();
    made->key = std::move(*key);
    if (!files.passphrase.empty()) {
        auto passphrase = read_passphrase(files.passphrase);
        if (!passphrase) return passphrase.error();
        made->passphrase = std::move(*passphrase);
    }
    auto known = read_file(files.known_hosts, known_hosts_bytes_max);
    if (!known)
        return Error{known.error().code,
                     to_text(known.error()) +
                         "; write the server's key there (ssh-keyscan HOST), after comparing its "
                         "fingerprint with the one that its administrator tells you"};
    made->known_hosts = std::move(*known);
    if (auto good = check_known_hosts(made->known_hosts, files.known_hosts.string()); !good)
        return good.error();
    if (auto good = check_key(*made); !good) return good.error();
    return CredentialsPtr(std::move(made));
}

bool Credentials::same(const Credentials& other) const {
    return key.reveal() == other.key.reveal() && passphrase.reveal() == other.passphrase.reveal() &&
           known_hosts == other.known_hosts;
}

}  // namespace sallyport::ssh
