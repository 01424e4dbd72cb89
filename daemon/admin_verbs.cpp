#include "daemon/admin_verbs.hpp"

namespace sallyport::daemon {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
    const auto mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

AdminDecision decide(std::span<const AdminVerb> verbs, std::string_view method,
                     std::string_view target, AdminRight right) {
    using Outcome = AdminDecision::Outcome;
    const auto path = path_of(target);
    auto outcome = Outcome::unknown;
    for (std::size_t i = 0; i < verbs.size(); ++i) {
        const auto& verb = verbs[i];
        if (verb.path != path) continue;
        if (verb.method != method) {
            outcome = Outcome::wrong_method;
            continue;
        }
        if (right >= verb.needs) return {Outcome::go_on, i};
        return {right == AdminRight::none ? Outcome::nothing_allowed : Outcome::only_looking, i};
    }
    return {right == AdminRight::none ? Outcome::nothing_allowed : outcome, 0};
}

}  // namespace sallyport::daemon
