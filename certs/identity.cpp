#include "certs/identity.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/input_file.hpp"
#include "certs/identity_steps.hpp"
#include "certs/strict_json.hpp"

#include <boost/json/serialize.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace sallyport::certs {
namespace {

namespace json = boost::json;

constexpr mode_t folder_mode = 0700;
constexpr mode_t secret_mode = 0600;
constexpr std::size_t file_bytes_max = 1024 * 1024;
constexpr int format = 1;

/// Written last, it says which certificate the slot is about: a slot whose files are of different
/// ages never looks complete.
struct Meta {
    std::string fingerprint;  // of the first certificate, hexadecimal
    std::chrono::sys_seconds prepared_at;
    std::optional<AgentName> bound_as;
};

std::string write_meta(const Certificate& certificate, Time now,
                       const std::optional<AgentName>& bound_as) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    json::object meta;
    meta["format"] = format;
    meta["certificate"] = to_hex(certificate.fingerprint());
    meta["prepared_at"] = seconds.count();
    if (bound_as) meta["agent"] = bound_as->text();
    return json::serialize(meta) + "\n";
}

Result<Meta> read_meta(const std::filesystem::path& path) {
    const auto text = read_file(path, file_bytes_max);
    if (!text) return text.error();
    const auto meta = parse_strict_object(*text);
    if (!meta) return Error{meta.error().code, path.string() + ": " + meta.error().detail};
    const auto* version = meta->if_contains("format");
    const auto* certificate = meta->if_contains("certificate");
    const auto* prepared = meta->if_contains("prepared_at");
    if (version == nullptr || *version != format)
        return Error{Errc::unsupported, path.string() + " was written by another version"};
    if (certificate == nullptr || !certificate->is_string() || prepared == nullptr ||
        !prepared->is_int64())
        return Error{Errc::malformed, path.string() + " is incomplete"};
    Meta read{std::string(certificate->get_string()),
              std::chrono::sys_seconds(std::chrono::seconds(prepared->get_int64())),
              {}};
    if (const auto* agent = meta->if_contains("agent")) {
        const auto name = agent->is_string() ? AgentName::parse(agent->get_string())
                                             : Result<AgentName>(Error{Errc::malformed, "agent"});
        if (!name) return Error{Errc::malformed, path.string() + " names no agent"};
        read.bound_as = *name;
    }
    return read;
}

Result<std::vector<Certificate>> read_certificates(const std::filesystem::path& path) {
    const auto pem = read_file(path, file_bytes_max);
    if (!pem) return pem.error();
    auto chain = read_chain_pem(*pem);
    if (!chain) return Error{chain.error().code, path.string() + ": " + chain.error().detail};
    return chain;
}

Result<Key> read_key(const std::filesystem::path& path) {
    const auto pem = read_own_secret(path, file_bytes_max);
    if (!pem) return pem.error();
    auto key = Key::from_pem(pem->reveal());
    if (!key) return Error{key.error().code, path.string() + ": " + key.error().detail};
    return key;
}

bool is_missing(const Error& error) {
    return error.code == boost::system::errc::no_such_file_or_directory;
}

}  // namespace

std::string_view to_text(Slot slot) { return slot == Slot::a ? "a" : "b"; }

Result<IdentityStore> IdentityStore::open(std::filesystem::path folder) {
    if (auto made = make_folder(folder, folder_mode); !made) return made.error();
    return IdentityStore(std::move(folder));
}

Result<IdentityLock> IdentityStore::lock() const {
    const auto path = folder_ / lock_file;
    FileDescriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, secret_mode));
    if (!file) return os_error("open " + path.string());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return IdentityLock(std::move(file));
    if (errno != EWOULDBLOCK) return os_error("lock " + path.string());
    return Error{Errc::conflict,
                 "another process is changing the identity in " + folder_.string() +
                     ": an agent that renews its certificate, or `sallyport enroll`; wait until it "
                     "is done (a minute at most) and try again"};
}

Result<Key> IdentityStore::pending_key() {
    const auto path = folder_ / pending_key_file;
    auto kept = read_key(path);
    if (!kept && !is_missing(kept.error())) return kept;
    const auto active = load_active();
    // A crash can leave the key of an identity that has become active; it is not for a second one.
    const bool used = kept && active && active->key.public_key() == kept->public_key();
    if (kept && !used) return kept;
    auto fresh = Key::generate(KeyKind::p256);
    if (!fresh) return fresh;
    const auto pem = fresh->to_pem();
    if (!pem) return pem.error();
    if (auto saved = replace_file(path, pem->reveal(), secret_mode); !saved) return saved.error();
    return fresh;
}

Result<Slot> IdentityStore::prepare(const Key& key, std::span<const Certificate> chain,
                                    std::span<const Certificate> anchors, Time now,
                                    const std::optional<AgentName>& bound_as) {
    if (chain.empty() || anchors.empty())
        return Error{Errc::malformed, "an identity needs a certificate and a trust anchor"};
    if (chain.front().public_key() != key.public_key())
        return Error{Errc::conflict, "the certificate " + chain.front().subject() +
                                         " was not issued for this agent's key"};
    auto slot = free_slot();
    if (!slot) return slot.error();
    auto pem = key.to_pem();
    if (!pem) return pem.error();
    SlotContent content{.key_pem = std::move(*pem),
                        .chain_pem = write_chain_pem(chain),
                        .anchors_pem = write_chain_pem(anchors),
                        .meta_json = write_meta(chain.front(), now, bound_as)};
    const auto steps = fill_slot(folder_ / to_text(*slot), std::move(content));
    if (auto done = perform(steps); !done) return done.error();
    return slot;
}

Result<void> IdentityStore::activate(Slot slot) {
    const auto identity = load(slot);
    if (!identity) return identity.error();
    const auto pending = read_key(folder_ / pending_key_file);
    const bool used = pending && pending->public_key() == identity->key.public_key();
    return perform(activate_slot(folder_, to_text(slot), used));
}

/// Where the next identity goes.
Result<Slot> IdentityStore::free_slot() const {
    const auto active = active_slot();
    if (active) return other(*active);
    if (active.error().code == Errc::not_found) return Slot::a;
    return active.error();
}

Result<Identity> IdentityStore::prepared() const {
    const auto slot = free_slot();
    if (!slot) return slot.error();
    auto identity = load(*slot);
    if (!identity) return identity;
    // The key of what was activated or replaced is not the pending one.
    const auto pending = read_key(folder_ / pending_key_file);
    if (!pending || pending->public_key() != identity->key.public_key())
        return Error{Errc::not_found, "no prepared identity in " + folder_.string()};
    return identity;
}

Result<void> IdentityStore::discard_prepared() {
    const auto slot = free_slot();
    if (!slot) return slot.error();
    return perform(discard_slot(folder_, to_text(*slot)));
}

Result<Slot> IdentityStore::active_slot() const {
    std::error_code failure;
    const auto target = std::filesystem::read_symlink(folder_ / active_link, failure);
    if (failure == std::errc::no_such_file_or_directory)
        return Error{Errc::not_found,
                     "no identity in " + folder_.string() + ": run 'sallyport enroll'"};
    for (const auto slot : {Slot::a, Slot::b})
        if (!failure && target == to_text(slot)) return slot;
    return Error{Errc::malformed, (folder_ / active_link).string() +
                                      " is not a link to a or b: restore it or enroll again"};
}

Result<Identity> IdentityStore::load(Slot slot) const {
    const auto folder = folder_ / to_text(slot);
    const auto meta = read_meta(folder / meta_file);
    if (!meta && is_missing(meta.error()))
        return Error{Errc::not_found, "no complete identity in " + folder.string()};
    if (!meta) return meta.error();
    auto key = read_key(folder / key_file);
    if (!key) return key.error();
    auto chain = read_certificates(folder / chain_file);
    if (!chain) return chain.error();
    auto anchors = read_certificates(folder / anchors_file);
    if (!anchors) return anchors.error();
    const auto& own = chain->front();
    if (own.public_key() != key->public_key() || to_hex(own.fingerprint()) != meta->fingerprint)
        return Error{Errc::conflict, "the files in " + folder.string() + " do not belong together"};
    return Identity{.slot = slot,
                    .key = std::move(*key),
                    .chain = std::move(*chain),
                    .anchors = std::move(*anchors),
                    .prepared_at = meta->prepared_at,
                    .bound_as = meta->bound_as};
}

Result<Identity> IdentityStore::load_active() const {
    const auto slot = active_slot();
    if (!slot) return slot.error();
    return load(*slot);
}

}  // namespace sallyport::certs
