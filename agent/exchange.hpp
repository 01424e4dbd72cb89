#pragma once

#include "agent/audit_gate.hpp"
#include "agent/principals.hpp"
#include "agent/site.hpp"
#include "base/log_line.hpp"
#include "http/service.hpp"

#include <string>
#include <string_view>

namespace sallyport::audit {
class Entry;
}

namespace sallyport::agent {

class Backends;
class Deliveries;
class HeldAnswer;
class Meter;

/// START HERE: one request's way through the agent. Whatever a hub sends goes through serve() and
/// nothing else: a mapping and a rule must allow it, its audit record must be safe, and only then
/// does a back end see a byte. One per worker loop and hub.
class Exchange final : public http::Service {
public:
    /// `hub` is the name of the hub (in agent.toml) whose links lead here. `meter` knows the table
    /// of `site`, and hears of another one before use().
    Exchange(std::string hub, std::string location, AuditGate& gate, Principals& principals,
             Deliveries& deliveries, Backends& backends, Meter& meter, SitePtr site);

    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override;

    /// After a reload: for exchanges that begin from now on.
    void use(SitePtr site) { site_ = std::move(site); }

private:
    /// Who is refused, for the record; what he is told is the same whoever he is. Null: not known.
    certs::PrincipalPtr recognize(audit::Entry& entry, const SitePtr& site,
                                  const http::RequestHead& head, net::Event& event);
    /// `hidden_reason`: stands on record instead of what the caller is told.
    net::Task<Result<void>> refuse(const http::Refusal& refusal, audit::Entry& entry,
                                   HeldAnswer& held, std::string_view hidden_reason = {});
    net::Task<Result<void>> give_up(audit::Entry& entry, HeldAnswer& held);

    std::string hub_;
    std::string location_;
    AuditGate& gate_;
    Principals& principals_;
    Deliveries& deliveries_;
    Backends& backends_;
    Meter& meter_;
    log::Line line_;
    SitePtr site_;
};

}  // namespace sallyport::agent
