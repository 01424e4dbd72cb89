// simplereenroll: the next certificate for whoever holds the key of the present one.
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/est_messages.hpp"
#include "hub/est_server.hpp"

namespace sallyport::hub {
namespace {

std::string reissue_hint(const certs::AgentName& name) {
    return "; for a new certificate run on the hub: sallyport-hub agent reissue " + name.agent() +
           " --tenant " + name.tenant();
}

}  // namespace

/// Who renews, by the certificate of the connection. TLS has checked its chain, and let it pass
/// after its end only on the way of our own agents.
Result<certs::AgentName> EstServer::renewing_agent(const ApiRequest& request,
                                                   certs::Time now) const {
    if (!request.external_chain.empty())
        return Error{Errc::denied,
                     "this hub does not renew certificates of another authority: ask that one"};
    if (!request.client_certificate)
        return Error{Errc::unauthorized,
                     "a renewal needs the present certificate in the TLS handshake"};
    auto name = certs::AgentName::of(*request.client_certificate);
    if (!name || name->hub() != settings_.hub_name)
        return Error{Errc::denied, "the certificate names no agent of this hub"};
    const auto end = request.client_certificate->not_after();
    if (end <= now && now - end >= settings_.expired_grace)
        return Error{Errc::denied, "the certificate has expired" + reissue_hint(*name)};
    return name;
}

ApiResponse EstServer::reenrol(const ApiRequest& request, certs::Time now) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(now);
    const auto name = renewing_agent(request, now);
    if (!name) return est::refusal(name.error());
    const auto key = est::requested_key(request);
    if (!key) return est::refusal(key.error());
    const auto& present = *request.client_certificate;
    if (*key == present.public_key())
        return est::refusal({Errc::malformed, "a renewal needs a new key"});
    const bool expired = present.not_after() <= now;
    const Request wanted{.agent = {name->tenant(), name->agent()},
                         .tenant_name = name->tenant(),
                         .key = *key,
                         .needs_approval = expired && settings_.approval != ApprovalPolicy::never,
                         .what = "renewal of an expired certificate"};
    if (const auto valid = store_.may_renew(present.serial(), wanted.agent); !valid)
        return refuse_renewal(valid.error(), request, *name, present.serial(), at);
    if (auto later = put_off(wanted, at)) return std::move(*later);
    if (audit_ != nullptr &&
        !audit_->may_renew(name->tenant(), name->agent(), std::chrono::steady_clock::now())) {
        const Error why{Errc::limit,
                        "the agent had several certificates within a minute: try later"};
        tell_refused(wanted.agent, present.serial(), request.peer, why);
        return est::not_on_record(why);
    }
    const auto issued = certify(wanted, now);
    if (!issued) return est::refusal(issued.error());
    const auto& certificate = issued->certificate;
    // Looks again: who was revoked meanwhile gets nothing.
    const auto generation = store_.renew(present.serial(), issued->entry);
    if (!generation)
        return refuse_renewal(generation.error(), request, *name, present.serial(), at);
    log::info("agent.renewed", {{"agent", name->text()},
                                {"peer", request.peer},
                                {"generation", *generation},
                                {"serial", certificate.serial()},
                                {"expired", expired}});
    const auto recorded =
        put_on_record(certificate, issued->entry, *generation, "renewal", request.peer);
    if (!recorded) return est::not_on_record(recorded.error());
    return est::certificates({&certificate, 1}, est::issued_type);
}

ApiResponse EstServer::refuse_renewal(const Error& why, const ApiRequest& request,
                                      const certs::AgentName& name, std::string_view serial,
                                      TimePoint now) const {
    const auto detail = why.detail + reissue_hint(name);
    log::warn("renewal.refused", {{"agent", name.text()},
                                  {"peer", request.peer},
                                  {"serial", serial},
                                  {"reason", to_text(why)}});
    tell_refused({name.tenant(), name.agent()}, serial, request.peer, why);
    if (why.code == Errc::unauthorized) return est::refusal({Errc::denied, detail});
    if (why.code != Errc::denied) return est::refusal(why);
    // The agent itself has moved on, so this is somebody with a copy of what it had.
    log::error("agent.clone", {{"agent", name.text()},
                               {"peer", request.peer},
                               {"reason", "a renewal with a key that was replaced"}});
    constexpr std::string_view reason = "a renewal with a key that was replaced";
    const auto raised =
        store_.raise_alarm({name.tenant(), name.agent()}, reason, request.peer, now);
    if (!raised) log::error("alarm.failed", {{"error", to_text(raised.error())}});
    if (raised && *raised && audit_ != nullptr)
        audit_->note(audit::AgentAlarm{.tenant = name.tenant(),
                                       .agent = name.agent(),
                                       .remote = request.peer,
                                       .code = audit::clone_alarm,
                                       .reason = reason});
    return est::refusal({Errc::denied, detail});
}

}  // namespace sallyport::hub
