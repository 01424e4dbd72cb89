#include "agent/certificate_list.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace sallyport::agent {

std::int64_t seconds_of(certs::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

namespace {

namespace json = boost::json;

constexpr std::array kinds{CertificateKind::tunnel, CertificateKind::system,
                           CertificateKind::principal_ca};

std::string minute_of(const json::value& seconds) {
    const std::time_t time = seconds.to_number<std::int64_t>();
    std::tm date{};
    std::array<char, 32> text{};
    ::gmtime_r(&time, &date);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &date)};
}

std::string text_of(const json::object& object, std::string_view key) {
    return std::string(object.at(key).as_string());
}

std::string describe(const json::object& one) {
    std::string text = text_of(one, "kind");
    if (!one.at("in_use").as_bool()) text += " (not in use: no mapping shows it)";
    text += "\n  subject  " + text_of(one, "subject") + "\n  issuer   " + text_of(one, "issuer") +
            "\n  serial   " + text_of(one, "serial") + "\n  key      " + text_of(one, "key") +
            "\n  valid    " + minute_of(one.at("not_before")) + " to " +
            minute_of(one.at("not_after")) + ", " + text_of(one, "time_left") + " (" +
            std::to_string(std::lround(one.at("life_spent").to_number<double>() * 100)) +
            " % of its life)\n  renewal  " +
            (one.at("renews_itself").as_bool() ? "by itself" : "by hand") + "\n";
    if (const auto warning = text_of(one, "warning"); !warning.empty())
        text += "  WARNING  " + std::string(warning.find("day") == warning.npos ? "" : "below ") +
                warning + "\n";
    return text;
}

/// Adds what lies in `file`. That nothing does is no error.
Result<void> add_file(CertificateKind kind, const std::filesystem::path& file,
                      std::vector<ListedCertificate>& all) {
    auto kept = certs::read_key_file(file);
    if (kept) all.push_back(ListedCertificate::of(kind, std::move(kept->chain.front())));
    if (kept || kept.error().code == Errc::not_found) return {};
    return kept.error();
}

Result<void> add_admin(const std::filesystem::path& file, std::vector<ListedCertificate>& all) {
    if (file.empty()) return {};
    const auto pem = read_file(file);
    if (!pem) return pem.error();
    auto chain = certs::read_chain_pem(*pem);
    if (!chain) return Error{chain.error().code, file.string() + ": " + to_text(chain.error())};
    all.push_back(ListedCertificate::of(CertificateKind::admin, std::move(chain->front())));
    return {};
}

Result<certs::Identity> identity_in(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder, ignored))  // looking makes no folder
        return Error{Errc::not_found, folder.string() + " does not exist"};
    const auto store = certs::IdentityStore::open(folder);
    if (!store) return store.error();
    return store->load_active();
}

}  // namespace

std::string_view to_text(CertificateKind kind) {
    switch (kind) {
        case CertificateKind::tunnel:
            return "tunnel";
        case CertificateKind::system:
            return "system";
        case CertificateKind::admin:
            return "admin";
        case CertificateKind::principal_ca:
            break;
    }
    return "principal-ca";
}

Result<CertificateKind> certificate_kind(std::string_view text) {
    const auto* const found =
        std::ranges::find(kinds, text, [](auto kind) { return to_text(kind); });
    if (found != kinds.end()) return *found;
    if (text == "console")
        return Error{Errc::unsupported,
                     "this version has no console, and so no certificate for it"};
    return Error{Errc::malformed,
                 "'" + std::string(text) + "' is none of tunnel, system and principal-ca"};
}

ListedCertificate ListedCertificate::of(CertificateKind kind, certs::Certificate certificate) {
    const certs::Life life{certificate.not_before(), certificate.not_after()};
    return {.kind = kind, .certificate = std::move(certificate), .life = life};
}

ListedCertificate ListedCertificate::of(const certs::Identity& identity) {
    auto listed = of(CertificateKind::tunnel, identity.chain.front());
    listed.life = certs::Life::of(listed.certificate, identity.prepared_at);
    listed.renewed_by = certs::RenewedBy::itself;
    return listed;
}

certs::ExpiryLevel ListedCertificate::level(certs::Time now) const {
    return certs::judge_expiry(life, renewed_by, now, failures);
}

daemon::WatchedCertificate ListedCertificate::watched() const {
    auto watched = daemon::WatchedCertificate::of(std::string(to_text(kind)), certificate);
    watched.life = life;
    watched.renewed_by = renewed_by;
    watched.failures = failures;
    return watched;
}

json::object to_json(const ListedCertificate& listed, certs::Time now) {
    const auto& certificate = listed.certificate;
    return {{"kind", to_text(listed.kind)},
            {"subject", certificate.subject()},
            {"issuer", certificate.issuer()},
            {"serial", certificate.serial()},
            {"key", certificate.public_key().description()},
            {"sha256", to_hex(certificate.fingerprint())},
            {"not_before", seconds_of(certificate.not_before())},
            {"not_after", seconds_of(certificate.not_after())},
            {"life_spent", std::clamp(listed.life.spent(now), 0.0, 1.0)},
            {"time_left", certs::time_left(listed.life, now)},
            {"renews_itself", listed.renewed_by == certs::RenewedBy::itself},
            {"failed_renewals", listed.failures},
            {"in_use", listed.in_use},
            {"warning", certs::to_text(listed.level(now))}};
}

json::object list_json(const std::vector<ListedCertificate>& all, std::string_view source,
                       const Config& config, certs::Time now) {
    json::array certificates;
    for (const auto& one : all) certificates.push_back(to_json(one, now));
    json::array pending;
    for (const auto kind : {CertificateKind::system, CertificateKind::principal_ca}) {
        std::error_code ignored;
        if (std::filesystem::exists(PrincipalKeys::pending_file(config, to_text(kind)), ignored))
            pending.emplace_back(to_text(kind));
    }
    std::error_code ignored;
    json::array prepared;
    if (std::filesystem::exists(PrincipalKeys::next_authority_file(config), ignored))
        prepared.emplace_back(to_text(CertificateKind::principal_ca));
    return {{"source", source},
            {"certificates", std::move(certificates)},
            {"pending", std::move(pending)},
            {"prepared", std::move(prepared)}};
}

std::string list_text(const json::object& list) {
    std::string text = list.at("source").as_string() == "daemon"
                           ? "as the running agent uses them:\n"
                           : "as they lie in the state directory, no agent answers:\n";
    for (const auto& one : list.at("certificates").as_array()) text += describe(one.as_object());
    for (const auto& kind : list.at("pending").as_array()) {
        const std::string name(kind.as_string());
        text += name;
        text += ": a certificate was requested; when it comes: sallyport certs import ";
        text += name;
        text += " FILE\n";
    }
    if (!list.at("prepared").as_array().empty())
        text +=
            "principal-ca: the next one is prepared; when every back end believes it: "
            "sallyport certs rotate principal-ca\n";
    return text;
}

std::vector<ListedCertificate> certificates_of(const PrincipalKeys& keys) {
    std::vector<ListedCertificate> all;
    if (keys.system != nullptr)
        all.push_back(ListedCertificate::of(CertificateKind::system, keys.system->chain.front()));
    if (keys.authority != nullptr)
        all.push_back(
            ListedCertificate::of(CertificateKind::principal_ca, keys.authority->certificate()));
    return all;
}

std::vector<ListedCertificate> idle_certificates(const Config& config) {
    std::vector<ListedCertificate> all;
    if (std::ranges::any_of(config.mappings, shows_certificates)) return all;
    // What cannot be read is not used either.
    (void)add_file(CertificateKind::system, PrincipalKeys::system_file(config), all);
    (void)add_file(CertificateKind::principal_ca, PrincipalKeys::authority_file(config), all);
    for (auto& one : all) one.in_use = false;
    return all;
}

Result<std::vector<ListedCertificate>> certificates_on_disk(const Config& config) {
    std::vector<ListedCertificate> all;
    const auto identity = identity_in(config.identity_folder());
    if (identity) all.push_back(ListedCertificate::of(*identity));
    if (!identity && identity.error().code != Errc::not_found) return identity.error();
    for (const auto& [kind, file] :
         {std::pair(CertificateKind::system, PrincipalKeys::system_file(config)),
          std::pair(CertificateKind::principal_ca, PrincipalKeys::authority_file(config))})
        if (auto added = add_file(kind, file, all); !added) return added.error();
    const bool are_shown = std::ranges::any_of(config.mappings, shows_certificates);
    for (auto& one : all) one.in_use = one.kind == CertificateKind::tunnel || are_shown;
    if (auto added = add_admin(config.admin.certificate_file, all); !added) return added.error();
    return all;
}

}  // namespace sallyport::agent
