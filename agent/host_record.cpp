#include "agent/host_record.hpp"

#include "audit/log.hpp"
#include "base/log.hpp"

namespace sallyport::agent {
namespace {

std::string_view to_text(HostChange::What what) {
    switch (what) {
        case HostChange::What::opened:
            return audit::backend::opened;
        case HostChange::What::closed:
            return audit::backend::closed;
        case HostChange::What::unhealthy:
            return audit::backend::unhealthy;
        case HostChange::What::healthy:
            break;
    }
    return audit::backend::healthy;
}

bool is_bad(HostChange::What what) {
    return what == HostChange::What::opened || what == HostChange::What::unhealthy;
}

}  // namespace

TellHostChange record_host_changes(audit::Log& log) {
    return [&log](const HostChange& change) {
        const auto state = to_text(change.what);
        log::write(is_bad(change.what) ? log::Level::warn : log::Level::info, "backend.state",
                   {{"virtual_host", change.virtual_host},
                    {"internal", change.internal_host},
                    {"state", state},
                    {"why", change.why}});
        const auto sequence = log.append(audit::BackendState{.virtual_host = change.virtual_host,
                                                             .internal_host = change.internal_host,
                                                             .state = state,
                                                             .reason = change.why});
        if (sequence == audit::not_recorded) return;
        // Nobody waits: a log that fails says so itself, and decides about exchanges.
        if (log.durability() == audit::Durability::power)
            log.sync(sequence, [](bool) {});
        else
            static_cast<void>(log.write());
    };
}

}  // namespace sallyport::agent
