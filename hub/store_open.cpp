#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/store_implementation.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace sallyport::hub {

Store::Store(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::create(const std::filesystem::path& file) {
    // SQLite would make the file with the mode the umask happens to give; its companions (-wal,
    // -shm) take the mode of this one.
    const FileDescriptor fd(::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    if (!fd && errno == EEXIST)
        return Error{Errc::conflict, file.string() + " exists already; it was left as it is"};
    if (!fd) return os_error("create " + file.string());
    return open(file);
}

Result<Store> Store::open(const std::filesystem::path& file) {
    if (::access(file.c_str(), F_OK) != 0)
        return Error{Errc::not_found, file.string() + " is missing: run sallyport-hub init first"};
    auto database = sqlite::Database::open(file);
    if (!database) return database.error();
    if (const auto done = sqlite::migrate(*database); !done) return done.error();
    return Store(std::make_unique<Implementation>(std::move(*database)));
}

Result<std::uint64_t> Store::Implementation::data_version() {
    const std::lock_guard turn(mutex_);
    const auto others = database_.pragma("PRAGMA data_version");
    if (!others) return others.error();
    // Both only grow, so a change of either changes the sum.
    return static_cast<std::uint64_t>(*others) + changes_.load(std::memory_order_relaxed);
}

Result<std::uint64_t> Store::data_version() { return implementation_->data_version(); }

Result<StoreContent> Store::content() {
    return implementation_->read([](sqlite::Database& database) -> Result<StoreContent> {
        StoreContent content;
        auto tenants = sqlite::all_tenants(database);
        if (!tenants) return tenants.error();
        content.tenants = std::move(*tenants);
        auto clients = sqlite::all_clients(database);
        if (!clients) return clients.error();
        content.clients = std::move(*clients);
        auto agents = sqlite::all_agents(database);
        if (!agents) return agents.error();
        content.agents = std::move(*agents);

        auto certificates = sqlite::all_certificates(database);
        if (!certificates) return certificates.error();
        content.certificates = std::move(*certificates);
        for (const auto& certificate : content.certificates)
            if (certificate.revoked_at) content.revoked_serials.push_back(certificate.serial);
        auto authorities = sqlite::all_authorities(database);
        if (!authorities) return authorities.error();
        content.authorities = std::move(*authorities);
        auto external = sqlite::all_external_authorities(database);
        if (!external) return external.error();
        content.external_authorities = std::move(*external);
        auto keys = sqlite::all_access_keys(database);
        if (!keys) return keys.error();
        content.access_keys = std::move(*keys);
        auto channels = sqlite::all_channels(database);
        if (!channels) return channels.error();
        content.channels = std::move(*channels);
        return content;
    });
}

}  // namespace sallyport::hub
