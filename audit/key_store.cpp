#include "audit/key_store.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/input_file.hpp"

#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace sallyport::audit {
namespace {

constexpr mode_t key_mode = 0600;
constexpr std::size_t key_bytes_max = 64 * 1024;

}  // namespace

KeyStore::KeyStore(std::filesystem::path path) : path_(std::move(path)), new_path_(path_) {
    new_path_ += ".new";
}

Result<std::optional<certs::Key>> KeyStore::read(const std::filesystem::path& path) {
    const auto pem = read_own_secret(path, key_bytes_max);
    if (!pem && pem.error().code == std::errc::no_such_file_or_directory)
        return std::optional<certs::Key>();
    if (!pem) return pem.error();
    auto key = certs::Key::from_pem(pem->reveal());
    if (!key) return Error{Errc::malformed, path.string() + ": " + to_text(key.error())};
    return std::optional(std::move(*key));
}

Result<certs::Key> KeyStore::make_new(certs::KeyKind kind) const {
    auto key = certs::Key::generate(kind);
    if (!key) return key.error();
    const auto pem = key->to_pem();
    if (!pem) return pem.error();
    if (auto written = replace_file(new_path_, pem->reveal(), key_mode); !written)
        return written.error();
    return std::move(*key);
}

Result<void> KeyStore::use_new() const {
    if (std::rename(new_path_.c_str(), path_.c_str()) != 0)
        return os_error("rename " + new_path_.string());
    return sync_folder(path_.parent_path());
}

Result<void> KeyStore::drop_new() const {
    if (::unlink(new_path_.c_str()) != 0 && errno != ENOENT)
        return os_error("remove " + new_path_.string());
    return {};
}

}  // namespace sallyport::audit
