#include "certs/key_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret_file.hpp"

#include <cerrno>
#include <unistd.h>

namespace sallyport::certs {
namespace {

constexpr mode_t key_mode = 0600;
constexpr std::size_t key_file_bytes_max = 1024 * 1024;

Result<Secret> to_pem(const KeyAndChain& content) {
    const auto key = content.key.to_pem();
    if (!key) return key.error();
    return Secret(std::string(key->reveal()) + write_chain_pem(content.chain));
}

}  // namespace

Result<KeyAndChain> KeyAndChain::of(Key key, std::vector<Certificate> chain) {
    if (chain.empty()) return Error{Errc::malformed, "a certificate is missing"};
    if (chain.front().public_key() != key.public_key())
        return Error{Errc::conflict, "the private key does not belong to the certificate " +
                                         chain.front().subject() +
                                         ", which must be the first of its file"};
    return KeyAndChain{std::move(key), std::move(chain)};
}

Result<KeyAndChain> read_key_file(const std::filesystem::path& path) {
    auto pem = read_secret_file(path, key_file_bytes_max);
    if (!pem && pem.error().code == boost::system::errc::no_such_file_or_directory)
        return Error{Errc::not_found, path.string() + " does not exist"};
    if (!pem) return pem.error();
    const auto in_file = [&](const Error& error) {
        return Error{error.code, path.string() + ": " + error.detail};
    };
    auto key = Key::from_pem(pem->reveal());
    if (!key) return in_file(key.error());
    auto chain = read_chain_pem(pem->reveal());
    if (!chain) return in_file(chain.error());
    auto both = KeyAndChain::of(std::move(*key), std::move(*chain));
    if (!both) return in_file(both.error());
    return both;
}

Result<void> create_key_file(const std::filesystem::path& path, const KeyAndChain& content) {
    const auto pem = to_pem(content);
    if (!pem) return pem.error();
    std::error_code ignored;  // the file below says what is wrong
    std::filesystem::create_directories(path.parent_path(), ignored);
    // Linked into place: of two processes that create it at once, one gets to know that it lost.
    const auto temporary = path.string() + "." + std::to_string(::getpid());
    if (auto written = replace_file(temporary, pem->reveal(), key_mode); !written)
        return written.error();
    const bool linked = ::link(temporary.c_str(), path.c_str()) == 0;
    const bool exists = !linked && errno == EEXIST;
    const auto failure = linked ? Error{} : os_error("create " + path.string());
    ::unlink(temporary.c_str());
    if (exists) return Error{Errc::conflict, path.string() + " exists already"};
    if (!linked) return failure;
    return sync_folder(path.parent_path());
}

Result<void> replace_key_file(const std::filesystem::path& path, const KeyAndChain& content) {
    const auto pem = to_pem(content);
    if (!pem) return pem.error();
    return replace_file(path, pem->reveal(), key_mode);
}

}  // namespace sallyport::certs
