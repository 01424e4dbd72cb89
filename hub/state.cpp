#include "hub/state.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/input_file.hpp"
#include "hub/store.hpp"

#include <arpa/inet.h>
#include <array>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::hub {
namespace {

constexpr std::size_t key_bytes_max = 64 * 1024;
constexpr std::size_t common_name_characters_max = 64;  // RFC 5280 ub-common-name

constexpr std::array<std::string_view, 6> file_names{"ca.pem",  "ca.key",    "hub.pem",
                                                     "hub.key", "token.pem", "hub.db"};

/// Without its ending.
std::string authority_file(std::int64_t number) {
    return number == 1 ? "ca" : "ca-" + std::to_string(number);
}

certs::ServerNames names_of(std::string_view hub_name) {
    in_addr ignored{};
    const std::string name(hub_name);
    if (::inet_pton(AF_INET, name.c_str(), &ignored) == 1)
        return {.dns_names = {}, .addresses = {name}};
    if (name == "localhost") return {.dns_names = {name}, .addresses = {"127.0.0.1", "::1"}};
    return {.dns_names = {name}, .addresses = {}};
}

/// For people; nothing depends on it.
std::string authority_name(std::string_view hub_name) {
    const auto name = "Sallyport hub " + std::string(hub_name);
    return name.size() <= common_name_characters_max ? name : "Sallyport hub";
}

struct ServerIdentity {
    certs::Key key;
    certs::Certificate certificate;
};

Result<ServerIdentity> make_server_identity(const certs::Authority& authority,
                                            std::string_view hub_name, certs::Time now) {
    auto key = certs::Key::generate(certs::KeyKind::p256);
    if (!key) return key.error();
    auto certificate = authority.issue_server(key->public_key(), names_of(hub_name),
                                              hub_certificate_lifetime, now);
    if (!certificate) return certificate.error();
    return ServerIdentity{std::move(*key), std::move(*certificate)};
}

Result<void> write_key(const std::filesystem::path& file, const Result<Secret>& pem) {
    if (!pem) return pem.error();
    return replace_file(file, pem->reveal(), 0600);
}

/// Should the machine stop in between, the pair does not fit, and renew_hub_certificate() makes
/// another one.
Result<void> write_server_identity(const std::filesystem::path& folder,
                                   const ServerIdentity& identity) {
    if (const auto done = write_key(folder / "hub.key", identity.key.to_pem()); !done)
        return done.error();
    return replace_file(folder / "hub.pem", identity.certificate.to_pem(), 0644);
}

Result<void> write_all(const HubState& state) {
    const auto& folder = state.folder;
    if (const auto done = write_key(folder / "ca.key", state.authority.key().to_pem()); !done)
        return done.error();
    const auto authority =
        replace_file(folder / "ca.pem", state.authority.certificate().to_pem(), 0644);
    if (!authority) return authority.error();
    if (const auto done = write_key(folder / "token.pem", state.signing_key.to_pem()); !done)
        return done.error();
    const auto identity = write_server_identity(folder, {state.key, state.chain.front()});
    if (!identity) return identity.error();
    const auto store = Store::create(state.database());
    if (!store) return store.error();
    return {};
}

}  // namespace

Result<Secret> read_private(const std::filesystem::path& file) {
    auto content = read_own_secret(file, key_bytes_max);
    if (!content && content.error().code == std::errc::no_such_file_or_directory)
        return Error{Errc::not_found,
                     file.string() + " is missing: run sallyport-hub init, or restore a backup"};
    return content;
}

/// An administrator runs `init` as root; the service that will use the files runs as the owner of
/// the folder.
Result<void> give_to_owner_of(const std::filesystem::path& folder,
                              const std::vector<std::string>& names) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return os_error("look at " + folder.string());
    if (::geteuid() != 0 || status.st_uid == 0) return {};
    for (const auto& name : names)
        if (::lchown((folder / name).c_str(), status.st_uid, status.st_gid) != 0)
            return os_error("change the owner of " + (folder / name).string());
    return {};
}

Result<HubState> create_state(const std::filesystem::path& folder, std::string_view hub_name,
                              certs::Time now) {
    for (const auto name : file_names)
        if (::access((folder / name).c_str(), F_OK) == 0)
            return Error{Errc::conflict, (folder / name).string() +
                                             " exists: there is a hub in this folder already, and "
                                             "it was left as it is"};
    auto authority = certs::Authority::create(authority_name(hub_name), now);
    if (!authority) return authority.error();
    auto identity = make_server_identity(*authority, hub_name, now);
    if (!identity) return identity.error();
    auto signing_key = certs::SigningKey::generate();
    if (!signing_key) return signing_key.error();
    HubState state{.authority = std::move(*authority),
                   .chain = {std::move(identity->certificate)},
                   .key = std::move(identity->key),
                   .signing_key = std::move(*signing_key),
                   .folder = folder};

    if (const auto done = make_folder(folder, 0700); !done) return done.error();
    if (const auto done = write_all(state); !done) return done.error();
    if (const auto done = give_to_owner_of(folder, {file_names.begin(), file_names.end()}); !done)
        return done.error();
    return state;
}

Result<certs::Authority> load_authority(const std::filesystem::path& folder, std::int64_t number) {
    const auto name = authority_file(number);
    const auto pem = read_file(folder / (name + ".pem"));
    if (!pem)
        return Error{Errc::not_found, "no hub in " + folder.string() + " (" + to_text(pem.error()) +
                                          "): run sallyport-hub init first"};
    const auto key = read_private(folder / (name + ".key"));
    if (!key) return key.error();
    return certs::Authority::load(*pem, key->reveal());
}

Result<void> create_authority(const std::filesystem::path& folder, std::int64_t number,
                              certs::Time now) {
    const auto authority =
        certs::Authority::create("Sallyport hub, authority " + std::to_string(number), now);
    if (!authority) return authority.error();
    const auto name = authority_file(number);
    const auto written = write_key(folder / (name + ".key"), authority->key().to_pem());
    if (!written) return written.error();
    const auto done =
        replace_file(folder / (name + ".pem"), authority->certificate().to_pem(), 0644);
    if (!done) return done.error();
    return give_to_owner_of(folder, {name + ".key", name + ".pem"});
}

Result<HubState> load_state(const std::filesystem::path& folder, std::int64_t number) {
    auto authority = load_authority(folder, number);
    if (!authority) return authority.error();

    const auto hub_key = read_private(folder / "hub.key");
    if (!hub_key) return hub_key.error();
    auto key = certs::Key::from_pem(hub_key->reveal());
    if (!key) return key.error();
    const auto hub_pem = read_file(folder / "hub.pem");
    if (!hub_pem) return hub_pem.error();
    auto chain = certs::read_chain_pem(*hub_pem);
    if (!chain) return chain.error();

    const auto token_key = read_private(folder / "token.pem");
    if (!token_key) return token_key.error();
    auto signing_key = certs::SigningKey::from_pem(token_key->reveal());
    if (!signing_key) return signing_key.error();
    return HubState{.authority = std::move(*authority),
                    .chain = std::move(*chain),
                    .key = std::move(*key),
                    .signing_key = std::move(*signing_key),
                    .folder = folder};
}

Result<bool> renew_hub_certificate(HubState& state, std::string_view hub_name, certs::Time now) {
    const auto& present = state.chain.front();
    const certs::ChainPolicy policy{.usage = certs::ExtendedUsage::server_auth, .at = now};
    const bool from_authority =
        certs::check_chain(present, {}, {&state.authority.certificate(), 1}, policy).has_value();
    if (from_authority && present.not_after() - now > hub_certificate_renewal &&
        present.matches_host(hub_name) && present.public_key() == state.key.public_key())
        return false;
    auto identity = make_server_identity(state.authority, hub_name, now);
    if (!identity) return identity.error();
    if (const auto done = write_server_identity(state.folder, *identity); !done)
        return done.error();
    state.key = std::move(identity->key);
    state.chain = {std::move(identity->certificate)};
    return true;
}

}  // namespace sallyport::hub
