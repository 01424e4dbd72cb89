// bind: a certificate of an authority outside the hub becomes an agent's.
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/successor.hpp"
#include "hub/est_messages.hpp"
#include "hub/est_server.hpp"
#include "hub/external_authority.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::string_view chain_type = "application/pem-certificate-chain";
constexpr std::string_view proof_field = "sallyport-proof";

ApiResponse bound(const certs::AgentName& name) { return text_response(200, name.text()); }

CertificateEntry entry_for(const certs::Certificate& leaf, const AgentKey& agent,
                           std::string authority, TimePoint now) {
    return {.serial = external_serial(leaf),
            .agent = agent,
            .issued_at = now,
            .not_after = std::chrono::floor<std::chrono::seconds>(leaf.not_after()),
            .authority = std::move(authority)};
}

/// The certificates in the body, and the word of the new key that it follows the present one.
Result<std::vector<certs::Certificate>> next_chain(const ApiRequest& request,
                                                   const std::string& hub_name) {
    if (!has_media_type(request, chain_type))
        return Error{Errc::malformed, "the body must be " + std::string(chain_type)};
    auto chain = certs::read_chain_pem(request.body);
    if (!chain) return Error{Errc::malformed, chain.error().detail};
    const auto proof = single_field(request, proof_field);
    if (!proof) return proof.error();
    const auto signature =
        *proof ? from_base64(**proof) : Result<Bytes>(Error{Errc::malformed, "it is missing"});
    if (!signature) return Error{Errc::malformed, "sallyport-proof must be a signature in base64"};
    const auto& present = request.external_chain.front();
    if (chain->front().public_key() == present.public_key())
        return Error{Errc::malformed, "a renewal needs a new key"};
    const auto proven =
        certs::verify_succession(as_text(*signature), hub_name, present, chain->front());
    if (!proven)
        return Error{Errc::malformed, "sallyport-proof is not of the new certificate's key"};
    return chain;
}

}  // namespace

ApiResponse EstServer::bind(const ApiRequest& request, certs::Time now) const {
    if (request.external_chain.empty())
        return est::refusal(
            {Errc::unauthorized,
             "show the certificate of an external authority in the handshake of ALPN "
             "sallyport-est"});
    const auto credentials = single_field(request, "authorization");
    if (!credentials) return est::refusal(credentials.error());
    return *credentials ? bind_first(request, now) : bind_next(request, now);
}

/// Which authority of this tenant vouches for the certificate. TLS has asked those of all tenants.
Result<std::string> EstServer::vouched(const std::string& tenant_id, const certs::Certificate& leaf,
                                       std::span<const certs::Certificate> issuers, certs::Time at,
                                       LeafEnd end) const {
    const auto tenants = store_.tenants();
    if (!tenants) return tenants.error();
    const auto tenant = std::ranges::find(*tenants, tenant_id, &Tenant::id);
    if (tenant == tenants->end()) return Error{Errc::denied, "the tenant is not there any more"};
    const auto authorities = store_.external_authorities();
    if (!authorities) return authorities.error();
    const auto lists = revocation_ ? revocation_->get()->of_tenant(tenant_id) : nullptr;
    return vouching_authority(*authorities, *tenant, leaf, issuers,
                              {.at = at, .end = end, .revoked = lists.get()});
}

/// An enrolment: the join token says which agent it is, the handshake proved the key.
ApiResponse EstServer::bind_first(const ApiRequest& request, certs::Time now) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(now);
    const auto token = join_token_of(request, at);
    if (!token) {
        log::warn("enrolment.refused", {{"reason", token.error().detail}});
        tell_refused({}, {}, request.peer, token.error());
        return est::refusal(token.error());
    }
    const auto& leaf = request.external_chain.front();
    const auto authority =
        vouched(token->agent.tenant_id, leaf, std::span(request.external_chain).subspan(1), now);
    if (!authority) return est::refusal(authority.error());
    const auto name =
        certs::AgentName::make(settings_.hub_name, token->agent.tenant_id, token->agent.name);
    if (!name) return est::refusal({Errc::failed, name.error().detail});
    const auto known = store_.certificate(external_serial(leaf));
    if (known)
        return est::refusal(
            {Errc::denied, "this certificate was bound to an agent before: get another one"});
    if (known.error().code != Errc::not_found) return est::refusal(known.error());
    const auto restored = est::restored_of(request);
    if (!restored) return est::refusal(restored.error());
    const Request wanted{.agent = token->agent,
                         .tenant_name = token->tenant_name,
                         .key = leaf.public_key(),
                         .needs_approval = settings_.approval == ApprovalPolicy::always,
                         .what = "enrolment with a certificate of an external authority"};
    if (auto later = put_off(wanted, at)) return std::move(*later);
    const auto entry = entry_for(leaf, token->agent, *authority, at);
    const auto generation = store_.redeem(token->secret_hash, entry, at);
    if (!generation) return est::refusal(generation.error());
    log::info("agent.bound", {{"agent", name->text()},
                              {"generation", *generation},
                              {"serial", external_serial(leaf)},
                              {"authority", *authority},
                              {"subject", leaf.subject()}});
    if (*restored && settings_.restored) settings_.restored(token->agent, **restored, at);
    const auto recorded = put_on_record(leaf, entry, *generation,
                                        *restored ? "restoration" : "enrolment", request.peer);
    if (!recorded) return est::not_on_record(recorded.error());
    return bound(*name);
}

/// A renewal: the handshake proved the present key, the signature the next one.
ApiResponse EstServer::bind_next(const ApiRequest& request, certs::Time now) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(now);
    const auto& present = request.external_chain.front();
    const auto serial = external_serial(present);
    const auto before = store_.certificate(serial);
    if (!before)
        return est::refusal(
            {Errc::denied,
             "the certificate is bound to no agent; run on the hub: sallyport-hub agent reissue"});
    const AgentKey agent = before->agent;
    const auto name = certs::AgentName::make(settings_.hub_name, agent.tenant_id, agent.name);
    if (!name) return est::refusal({Errc::failed, name.error().detail});
    const bool expired = present.not_after() <= now;
    if (expired && now - present.not_after() >= settings_.expired_grace)
        return refuse_renewal({Errc::unauthorized, "the certificate has expired"}, request, *name,
                              serial, at);
    // TLS asked the authorities of all tenants; here only those of this one count.
    const auto still =
        vouched(agent.tenant_id, present, std::span(request.external_chain).subspan(1), now,
                LeafEnd::was_judged);
    if (!still) return est::refusal(still.error());
    const auto chain = next_chain(request, settings_.hub_name);
    if (!chain) return est::refusal(chain.error());
    const auto& leaf = chain->front();
    const auto authority = vouched(agent.tenant_id, leaf, std::span(*chain).subspan(1), now);
    if (!authority) return est::refusal(authority.error());
    if (const auto valid = store_.may_renew(serial, agent); !valid)
        return refuse_renewal(valid.error(), request, *name, serial, at);
    // The answer to an earlier request may have been lost.
    const auto known = store_.certificate(external_serial(leaf));
    if (known && known->agent == agent && !known->revoked_at) return bound(*name);
    if (known) return est::refusal({Errc::denied, "this certificate was bound to an agent before"});
    const Request wanted{.agent = agent,
                         .tenant_name = agent.tenant_id,
                         .key = leaf.public_key(),
                         .needs_approval = expired && settings_.approval != ApprovalPolicy::never,
                         .what = "renewal of an expired certificate"};
    if (auto later = put_off(wanted, at)) return std::move(*later);
    const auto entry = entry_for(leaf, agent, *authority, at);
    const auto generation = store_.renew(serial, entry);
    if (!generation) return refuse_renewal(generation.error(), request, *name, serial, at);
    log::info("agent.renewed", {{"agent", name->text()},
                                {"peer", request.peer},
                                {"generation", *generation},
                                {"serial", external_serial(leaf)},
                                {"expired", expired}});
    const auto recorded = put_on_record(leaf, entry, *generation, "renewal", request.peer);
    if (!recorded) return est::not_on_record(recorded.error());
    return bound(*name);
}

}  // namespace sallyport::hub
