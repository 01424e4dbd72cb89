#include "daemon/certificate_expiry.hpp"

#include "base/log.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

std::int64_t since_1970(certs::Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// In their order, but of too many those that end first.
std::vector<const WatchedCertificate*> those_told(const std::vector<WatchedCertificate>& all) {
    std::vector<const WatchedCertificate*> told;
    told.reserve(all.size());
    for (const auto& one : all) told.push_back(&one);
    if (told.size() <= told_certificates_max) return told;
    std::ranges::stable_sort(told, {}, [](const auto* one) { return one->life.not_after; });
    told.resize(told_certificates_max);
    return told;
}

void tell(const WatchedCertificate& one, certs::ExpiryLevel level, certs::Time now) {
    const auto urgency = certs::is_urgent(level) ? log::Level::error : log::Level::warn;
    log::write(urgency, "certificate.expiry",
               {{"kind", one.kind},
                {"name", one.name},
                {"level", certs::to_text(level)},
                {"subject", one.certificate.subject()},
                {"serial", one.certificate.serial()},
                {"what", certs::time_left(one.life, now)}});
}

}  // namespace

WatchedCertificate WatchedCertificate::of(std::string kind, certs::Certificate certificate,
                                          std::string name) {
    const certs::Life life{certificate.not_before(), certificate.not_after()};
    return {.kind = std::move(kind),
            .name = std::move(name),
            .certificate = std::move(certificate),
            .life = life};
}

certs::ExpiryLevel WatchedCertificate::level(certs::Time now) const {
    return certs::judge_expiry(life, renewed_by, now, failures);
}

void add_certificate_expiry(Metrics& metrics, const std::vector<WatchedCertificate>& all) {
    std::map<std::pair<std::string_view, std::string_view>, std::int64_t> ends;
    for (const auto* one : those_told(all)) {
        const auto end = since_1970(one->certificate.not_after());
        const auto [there, is_new] = ends.try_emplace({one->kind, one->name}, end);
        if (!is_new) there->second = std::min(there->second, end);
    }
    auto& family = metrics.gauge("sallyport_certificate_expiry_timestamp_seconds",
                                 "When this certificate ends, since 1970.");
    for (const auto& [which, end] : ends)
        family.add({{"kind", which.first}, {"name", which.second}}, end);
}

json::array expiry_json(const std::vector<WatchedCertificate>& all, certs::Time now) {
    json::array out;
    for (const auto* one : those_told(all)) {
        json::object facts{{"kind", one->kind},
                           {"subject", one->certificate.subject()},
                           {"serial", one->certificate.serial()},
                           {"not_after", since_1970(one->certificate.not_after())},
                           {"time_left", certs::time_left(one->life, now)},
                           {"warning", certs::to_text(one->level(now))}};
        if (!one->name.empty()) facts["name"] = one->name;
        out.push_back(std::move(facts));
    }
    return out;
}

std::string describe_expiry(const json::array& certificates) {
    std::string text;
    for (const auto& entry : certificates) {
        const auto& one = entry.as_object();
        const auto level = text_at(one, "warning");
        if (level.empty()) continue;
        const auto name = text_at(one, "name");
        text.append("CERTIFICATE ").append(level).append(": ").append(text_at(one, "kind"));
        if (!name.empty()) text.append(" ").append(name);
        text.append(" ").append(text_at(one, "subject")).append(" ");
        text.append(text_at(one, "time_left")).append("\n");
    }
    return text;
}

std::size_t ToldExpiry::look(const std::vector<WatchedCertificate>& all, certs::Time now) {
    std::size_t lines = 0;
    std::map<Which, certs::ExpiryLevel> kept;
    for (const auto& one : all) {
        Which which{one.kind, one.name, one.certificate.fingerprint()};
        const auto before = told_.find(which);
        const auto said = before != told_.end() ? before->second : certs::ExpiryLevel::none;
        const auto level = one.level(now);
        const bool is_new = kept.emplace(std::move(which), std::max(level, said)).second;
        if (!is_new || level <= said) continue;
        tell(one, level, now);
        ++lines;
    }
    told_ = std::move(kept);
    return lines;
}

}  // namespace sallyport::daemon
