#include "agent/certificate_change.hpp"

#include "agent/principal_keys.hpp"
#include "agent/service_user.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/input_file.hpp"
#include "certs/key_import.hpp"
#include "certs/principal_authority.hpp"
#include "certs/request.hpp"
#include "certs/subject_rules.hpp"
#include "daemon/admin_client.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <span>

namespace sallyport::agent {
namespace {

constexpr mode_t secret_mode = 0600;

Result<void> check_kind(CertificateKind kind) {
    if (kind != CertificateKind::tunnel) return {};
    return Error{Errc::unsupported,
                 "the tunnel's certificate is the hub's to give: `sallyport certs rotate tunnel` "
                 "renews it, `sallyport enroll` gets the first one"};
}

std::filesystem::path active_file(const Config& config, CertificateKind kind) {
    return kind == CertificateKind::system ? PrincipalKeys::system_file(config)
                                           : PrincipalKeys::authority_file(config);
}

std::filesystem::path pending_file(const Config& config, CertificateKind kind) {
    return PrincipalKeys::pending_file(config, to_text(kind));
}

bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

void discard(const std::filesystem::path& file) {
    std::error_code ignored;  // a stale file is told of by `certs list`
    std::filesystem::remove(file, ignored);
}

Result<certs::DistinguishedName> subject_of(const Config& config, CertificateKind kind,
                                            const std::string& text) {
    if (!text.empty()) {
        if (text.find("${") != text.npos)
            return Error{Errc::malformed, "--subject: there are no variables here"};
        const auto pattern = certs::SubjectPattern::parse(text);
        if (!pattern) return Error{pattern.error().code, "--subject: " + pattern.error().detail};
        const boost::json::object no_claims;
        return pattern->fill(certs::SubjectVariables(certs::UserType::technical, no_claims));
    }
    certs::DistinguishedName subject;
    const auto agent = agent_name_of(config);
    const auto name = kind == CertificateKind::system ? agent : "Sallyport principals of " + agent;
    if (auto added = subject.add(certs::NameAttribute::common_name, name); !added)
        return Error{added.error().code, added.error().detail + ": give a --subject"};
    return subject;
}

Result<certs::Key> pending_key(const Config& config, CertificateKind kind) {
    const auto pem = read_own_secret(pending_file(config, kind), certs::import_bytes_max);
    if (!pem && pem.error().code == Errc::denied) return pem.error();
    if (!pem)
        return Error{Errc::not_found,
                     "the file has no private key, and none waits for a certificate: make one with "
                     "`sallyport certs csr " +
                         std::string(to_text(kind)) + "`, or import a file with the key"};
    return certs::Key::from_pem(pem->reveal());
}

/// What lies in the file; nothing if there is none.
Result<std::optional<Secret>> bytes_before(const std::filesystem::path& file) {
    auto text = read_file(file, certs::import_bytes_max);
    if (text) return std::optional<Secret>(std::move(*text));
    if (text.error().code == boost::system::errc::no_such_file_or_directory)
        return std::optional<Secret>();
    return text.error();
}

}  // namespace

Result<std::string> order_certificate(const Config& config, CertificateKind kind,
                                      const CertificateOrder& order) {
    if (auto may = check_kind(kind); !may) return may.error();
    if (auto may = check_service_user(config.state_dir); !may) return may.error();
    const auto file = pending_file(config, kind);
    if (is_there(file) && !order.replace)
        return Error{Errc::conflict,
                     "a certificate was requested already: import it (`sallyport certs import " +
                         std::string(to_text(kind)) +
                         " FILE`), or throw its key away with --replace"};
    const auto subject = subject_of(config, kind, order.subject);
    if (!subject) return subject.error();
    const auto key = certs::Key::generate(order.key);
    if (!key) return key.error();
    auto request = certs::make_request_pem(
        *key, {.subject = *subject,
               .purpose = kind == CertificateKind::system ? certs::RequestFor::client
                                                          : certs::RequestFor::authority});
    if (!request) return request.error();
    const auto pem = key->to_pem();
    if (!pem) return pem.error();
    if (auto kept = replace_file(file, pem->reveal(), secret_mode); !kept) return kept.error();
    return request;
}

Result<void> check_certificate(CertificateKind kind, const certs::KeyAndChain& content,
                               certs::Time now) {
    const certs::ChainPolicy policy{.usage = certs::ExtendedUsage::client_auth, .at = now};
    const std::span anchors(&content.chain.back(), 1);
    if (kind == CertificateKind::system)
        return certs::check_chain(content.chain.front(), std::span(content.chain).subspan(1),
                                  anchors, policy);
    const auto authority = certs::PrincipalAuthority::of(content, now);
    if (!authority) return authority.error();
    // A user's certificate that nobody gets: whatever forbids the authority to sign it shows.
    certs::DistinguishedName nobody;
    if (auto added = nobody.add(certs::NameAttribute::common_name, "trial"); !added) return added;
    const auto trial = authority->issue(nobody, certs::lifetime_min, now);
    if (!trial) return trial.error();
    return certs::check_chain(trial->chain.front(), content.chain, anchors, policy);
}

Result<certs::KeyAndChain> read_certificate(const Config& config, CertificateKind kind,
                                            const std::filesystem::path& file,
                                            const Secret& password, certs::Time now) {
    if (auto may = check_kind(kind); !may) return may.error();
    const auto in_file = [&](const Error& error) {
        return Error{error.code, file.string() + ": " + error.detail};
    };
    auto bytes = read_file(file, certs::import_bytes_max);
    if (!bytes) return bytes.error();
    const Secret content(std::move(*bytes));
    auto read = certs::read_key_import(content.reveal(), password);
    if (!read) return in_file(read.error());
    auto key = read->key ? Result<certs::Key>(*read->key) : pending_key(config, kind);
    if (!key) return in_file(key.error());
    auto chain = certs::ordered_chain(key->public_key(), std::move(read->certificates));
    if (!chain && !read->key)
        return in_file({chain.error().code, chain.error().detail + " of the request"});
    if (!chain) return in_file(chain.error());
    auto both = certs::KeyAndChain::of(std::move(*key), std::move(*chain));
    if (!both) return in_file(both.error());
    if (auto fits = check_certificate(kind, *both, now); !fits) return in_file(fits.error());
    return both;
}

Result<certs::KeyAndChain> next_authority(const Config& config, NextAuthority what,
                                          certs::Time now) {
    if (auto may = check_service_user(config.state_dir); !may) return may.error();
    const auto present = certs::read_key_file(PrincipalKeys::authority_file(config));
    if (!present && present.error().code != Errc::not_found) return present.error();
    if (present && present->chain.front().subject() != present->chain.front().issuer())
        return Error{Errc::unsupported,
                     "the principal CA was signed by " + present->chain.front().issuer() +
                         ", who has to sign the next one: `sallyport certs csr principal-ca`, "
                         "then `sallyport certs import principal-ca FILE`"};
    auto next = certs::read_key_file(PrincipalKeys::next_authority_file(config));
    if (next) return next;
    if (next.error().code != Errc::not_found) return next.error();
    if (present && what == NextAuthority::use)
        return Error{
            Errc::conflict,
            "no next principal CA is prepared, and every back end would refuse users until "
            "it believes the new one: run `sallyport certs rotate principal-ca --prepare "
            "--out next.pem`, have next.pem imported where the present one is, then run "
            "this again"};
    next = certs::PrincipalAuthority::create(now);
    if (!next || what == NextAuthority::use) return next;
    if (auto kept = certs::replace_key_file(PrincipalKeys::next_authority_file(config), *next);
        !kept)
        return kept.error();
    return next;
}

Result<bool> put_in_place(const Config& config, CertificateKind kind,
                          const certs::KeyAndChain& content) {
    if (auto may = check_service_user(config.state_dir); !may) return may.error();
    const auto file = active_file(config, kind);
    // Its bytes, whatever they are: what cannot be used now may be all there is of a key.
    const auto before = bytes_before(file);
    if (!before) return before.error();
    if (auto written = certs::replace_key_file(file, content); !written) return written.error();
    const auto told = daemon::ask_daemon(config.admin_socket, "POST", "/v1/reload-certificates");
    const bool runs = told || told.error().code != Errc::unavailable;
    if (!told && runs) {
        const auto back =
            *before ? replace_file(file, (*before)->reveal(), secret_mode) : Result<void>();
        if (!*before) discard(file);
        return Error{told.error().code,
                     "the running agent did not take it" +
                         std::string(back ? ", the one before is in place again: " : ": ") +
                         told.error().detail};
    }
    const auto waiting = pending_key(config, kind);
    if (waiting && waiting->public_key() == content.key.public_key())
        discard(pending_file(config, kind));
    if (kind == CertificateKind::principal_ca) discard(PrincipalKeys::next_authority_file(config));
    return runs;
}

}  // namespace sallyport::agent
