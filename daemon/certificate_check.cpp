#include "daemon/certificate_check.hpp"

#include "audit/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace sallyport::daemon {
namespace {

std::string date_text(certs::Time time) {
    return audit::to_rfc3339(std::chrono::floor<std::chrono::microseconds>(time));
}

Result<std::vector<certs::Certificate>> read_chain(const std::filesystem::path& file) {
    const auto text = read_file(file);
    if (!text) return text.error();
    return certs::read_chain_pem(*text);
}

}  // namespace

std::string renew_by_hand(std::string_view program) {
    return "Get another one, put it in its place, then: " + std::string(program) + " reload";
}

Finding look_at_shown(const ShownFile& shown, certs::Time now) {
    const auto chain = read_chain(shown.file);
    auto judged = chain ? judge_shown(chain->front(), shown.names, shown.remedy, now)
                        : Judgement::failed(shown.file.string() + ": " + to_text(chain.error()),
                                            "Restore the file.");
    return {shown.id, shown.title, std::move(judged)};
}

Finding look_at_admin_certificate(const std::filesystem::path& file, std::string_view program,
                                  certs::Time now) {
    return look_at_shown({.id = "certificate.admin",
                          .title = "certificate of admin_listen",
                          .file = file,
                          .remedy = renew_by_hand(program)},
                         now);
}

Judgement judge_shown(const certs::Certificate& certificate, std::span<const std::string> names,
                      std::string_view remedy, certs::Time now) {
    constexpr auto soon = std::chrono::days(30);
    const auto seen = certificate.subject() + ", until " + date_text(certificate.not_after());
    if (now >= certificate.not_after())
        return Judgement::failed(seen + ": it has expired", std::string(remedy));
    if (now < certificate.not_before())
        return Judgement::failed(seen + ": not valid before " + date_text(certificate.not_before()),
                                 "Set this machine's clock right: timedatectl set-ntp true.");
    for (const auto& name : names) {
        // A name for one label more than the wildcard's is what clients ask for.
        const auto asked = name.starts_with("*.") ? "any" + name.substr(1) : name;
        if (!certificate.matches_host(asked))
            return Judgement::failed(seen + ": it is not for " + name,
                                     "Get one that names " + name + ", or take it out of `names`.");
    }
    if (now + soon >= certificate.not_after())
        return Judgement::warning(seen + ": it ends soon", std::string(remedy));
    return Judgement::good(seen);
}

}  // namespace sallyport::daemon
