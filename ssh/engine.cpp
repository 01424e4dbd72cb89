#include "ssh/engine.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <malloc.h>

namespace sallyport::ssh {
namespace {

// Nothing that SHA-1, CBC or a group below 2048 bits is part of.
constexpr const char* exchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256";
constexpr const char* ciphers = "aes256-ctr,aes192-ctr,aes128-ctr";
constexpr const char* codes = "hmac-sha2-256,hmac-sha2-512";

/// libssh2 asks this descriptor only whether it blocks, and takes "no such descriptor" for "no".
constexpr libssh2_socket_t no_socket = std::numeric_limits<libssh2_socket_t>::max();

Engine& engine_of(void** abstract) { return *static_cast<Engine*>(*abstract); }

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create() {
    static const int ready = libssh2_init(0);
    if (ready != 0) return Error{Errc::failed, "libssh2 cannot be used"};
    std::unique_ptr<Engine> engine(new Engine);
    engine->session_ = libssh2_session_init_ex(allocate, release, reallocate, engine.get());
    if (engine->session_ == nullptr) return Error{Errc::failed, "no memory for an SSH session"};
    libssh2_session_set_blocking(engine->session_, 0);
    libssh2_session_callback_set(engine->session_, LIBSSH2_CALLBACK_RECV,
                                 reinterpret_cast<void*>(take));
    libssh2_session_callback_set(engine->session_, LIBSSH2_CALLBACK_SEND,
                                 reinterpret_cast<void*>(give));
    for (const auto& [method, names] : {std::pair(LIBSSH2_METHOD_KEX, exchanges),
                                        {LIBSSH2_METHOD_CRYPT_CS, ciphers},
                                        {LIBSSH2_METHOD_CRYPT_SC, ciphers},
                                        {LIBSSH2_METHOD_MAC_CS, codes},
                                        {LIBSSH2_METHOD_MAC_SC, codes}})
        if (auto done = engine->prefer(method, names); !done) return done.error();
    return engine;
}

Engine::~Engine() {
    if (session_ == nullptr) return;
    cut();
    // Freeing waits for words of the server as long as there may be some; now there cannot.
    constexpr int tries = 16;
    for (int i = 0; i < tries && libssh2_session_free(session_) == LIBSSH2_ERROR_EAGAIN; ++i) {
    }
    // libssh2 1.10 forgets a signal that ended a channel when the server tells of another one.
    for (void* const block : heap_.blocks) std::free(block);
}

Result<void> Engine::prefer(int method, const char* names) {
    if (libssh2_session_method_pref(session_, method, names) == 0) return {};
    return Error{Errc::failed, "libssh2 knows none of " + std::string(names)};
}

Result<void> Engine::prefer_host_keys(const std::string& types) {
    return prefer(LIBSSH2_METHOD_HOSTKEY, types.c_str());
}

void Engine::append(Bytes& buffer, std::size_t& from, BytesView bytes) {
    if (bytes.empty()) return;
    if (from > 0) {
        buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(from));
        from = 0;
    }
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

void Engine::sent(std::size_t count) {
    taken_ += count;
    out_from_ += count;
    if (out_from_ < out_.size()) return;
    out_.clear();
    out_from_ = 0;
}

Result<bool> Engine::handshake() {
    const int done = libssh2_session_handshake(session_, no_socket);
    if (done == 0) return true;
    if (done == LIBSSH2_ERROR_EAGAIN) return false;
    if (done != LIBSSH2_ERROR_KEX_FAILURE) return Error{Fault::unreachable, last_text()};
    return Error{Fault::unreachable,
                 last_text() +
                     ": the server must offer a host key of type ed25519 or ECDSA, AES in counter "
                     "mode and HMAC with SHA-2"};
}

BytesView Engine::host_key() const {
    std::size_t size = 0;
    int type = 0;
    const char* key = libssh2_session_hostkey(session_, &size, &type);
    if (key == nullptr) return {};
    return as_bytes(std::string_view(key, size));
}

std::string Engine::fingerprint() const {
    constexpr std::size_t sha256_bytes = 32;
    const char* hash = libssh2_hostkey_hash(session_, LIBSSH2_HOSTKEY_HASH_SHA256);
    if (hash == nullptr) return {};
    auto text = to_base64(as_bytes(std::string_view(hash, sha256_bytes)));
    text.erase(text.find_last_not_of('=') + 1);
    return "SHA256:" + text;
}

Result<bool> Engine::log_on(const std::string& user, const Credentials& credentials) {
    const auto key = credentials.key.reveal();
    const auto passphrase = credentials.passphrase.reveal();
    const int done = libssh2_userauth_publickey_frommemory(
        session_, user.data(), user.size(), nullptr, 0, key.data(), key.size(),
        passphrase.empty() ? nullptr : passphrase.data());
    if (done == 0) return true;
    if (done == LIBSSH2_ERROR_EAGAIN) return false;
    const bool is_wire = done == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
                         done == LIBSSH2_ERROR_SOCKET_SEND || done == LIBSSH2_ERROR_SOCKET_RECV ||
                         done == LIBSSH2_ERROR_TIMEOUT;
    return Error{is_wire ? Fault::unreachable : Fault::login, last_text()};
}

bool Engine::is_broken() const {
    const int code = last_code();
    return code == LIBSSH2_ERROR_INVALID_MAC || code == LIBSSH2_ERROR_DECRYPT ||
           code == LIBSSH2_ERROR_OUT_OF_BOUNDARY || code == LIBSSH2_ERROR_SOCKET_RECV ||
           code == LIBSSH2_ERROR_SOCKET_SEND || code == LIBSSH2_ERROR_SOCKET_DISCONNECT;
}

void Engine::hang_up() {
    libssh2_session_disconnect_ex(session_, SSH_DISCONNECT_BY_APPLICATION, "done", "");
}

std::string Engine::last_text() const {
    char* text = nullptr;
    int size = 0;
    libssh2_session_last_error(session_, &text, &size, 0);
    return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

void* Engine::allocate(std::size_t count, void** engine) {
    return reallocate(nullptr, count, engine);
}

void* Engine::reallocate(void* old, std::size_t count, void** engine) {
    auto& [memory, blocks] = engine_of(engine).heap_;
    const auto before = old == nullptr ? 0 : ::malloc_usable_size(old);
    if (memory - before + count > memory_bytes_max) return nullptr;
    blocks.erase(old);
    void* const made = std::realloc(old, count);
    if (made != nullptr) memory += ::malloc_usable_size(made) - before;
    if (made != nullptr || old != nullptr) blocks.insert(made != nullptr ? made : old);
    return made;
}

void Engine::release(void* old, void** engine) {
    if (old == nullptr) return;
    auto& [memory, blocks] = engine_of(engine).heap_;
    memory -= ::malloc_usable_size(old);
    blocks.erase(old);
    std::free(old);
}

ssize_t Engine::take(libssh2_socket_t, void* into, std::size_t size, int, void** engine) {
    auto& self = engine_of(engine);
    const auto count = std::min(size, self.unread());
    if (count == 0) return self.cut_ ? 0 : -EAGAIN;
    std::memcpy(into, self.in_.data() + self.in_from_, count);
    self.in_from_ += count;
    if (self.in_from_ == self.in_.size()) {
        self.in_.clear();
        self.in_from_ = 0;
    }
    return static_cast<ssize_t>(count);
}

ssize_t Engine::give(libssh2_socket_t, const void* from, std::size_t size, int, void** engine) {
    auto& self = engine_of(engine);
    if (self.cut_ || self.unsent().size() + size > unsent_bytes_max) return -ECONNRESET;
    append(self.out_, self.out_from_, BytesView(static_cast<const std::byte*>(from), size));
    self.given_ += size;
    return static_cast<ssize_t>(size);
}

}  // namespace sallyport::ssh
