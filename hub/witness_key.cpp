#include "hub/witness_key.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/state.hpp"

#include <unistd.h>

namespace sallyport::hub {
namespace {

constexpr const char* key_file = "witness.key";
constexpr const char* public_file = "witness.vkey";
constexpr const char* or_anew =
    " from the backup. A new key (delete both) must be told to every agent (sallyport audit "
    "trust-witness) and every auditor";

Result<certs::Key> make_key(const std::filesystem::path& folder) {
    auto key = certs::Key::generate(certs::KeyKind::ed25519);
    if (!key) return key.error();
    const auto pem = key->to_pem();
    if (!pem) return pem.error();
    const auto written = replace_file(folder / key_file, pem->reveal(), 0600);
    if (!written) return written.error();
    return key;
}

Result<certs::Key> load_key(const std::filesystem::path& folder) {
    if (::access((folder / key_file).c_str(), F_OK) != 0) {
        if (::access((folder / public_file).c_str(), F_OK) != 0) return make_key(folder);
        return Error{Errc::conflict, (folder / key_file).string() + " is missing, but " +
                                         public_file + " is there: restore both" + or_anew};
    }
    const auto pem = read_private(folder / key_file);
    if (!pem) return pem.error();
    return certs::Key::from_pem(pem->reveal());
}

/// Of the public file, which says under which name the key signs.
Result<std::string> name_of(const std::filesystem::path& file, const certs::Key& key) {
    auto text = read_file(file);
    if (!text) return text.error();
    while (text->ends_with('\n')) text->pop_back();
    const auto known = tlog::VerifierKey::parse(*text);
    if (!known) return Error{known.error().code, file.string() + ": " + known.error().detail};
    if (known->key() != key.public_key())
        return Error{Errc::conflict, file.string() + " is not of the key in " + key_file +
                                         ": restore both" + or_anew};
    return known->name();
}

}  // namespace

Result<tlog::Cosigner> load_witness_key(const std::filesystem::path& folder,
                                        std::string_view hub_name) {
    auto key = load_key(folder);
    if (!key) return key.error();
    const auto file = folder / public_file;
    if (::access(file.c_str(), F_OK) == 0) {
        auto name = name_of(file, *key);
        if (!name) return name.error();
        return tlog::Cosigner::create(std::move(*name), std::move(*key));
    }
    auto witness = tlog::Cosigner::create(std::string(hub_name) + "/witness", std::move(*key));
    if (!witness) return witness.error();
    const auto written = replace_file(file, witness->verifier().to_text() + "\n", 0644);
    if (!written) return written.error();
    if (auto given = give_to_owner_of(folder, {key_file, public_file}); !given)
        return given.error();
    return witness;
}

}  // namespace sallyport::hub
