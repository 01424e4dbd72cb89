#include "hub/est_server.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/join_token.hpp"
#include "http/date.hpp"
#include "hub/est_messages.hpp"
#include "hub/join_token_hash.hpp"

namespace sallyport::hub {
namespace {

constexpr std::string_view root = "/.well-known/est/";
constexpr std::string_view bind_path = "/.well-known/sallyport/bind";

/// The operation a target names, or nothing if it is not one of ours.
std::string_view operation_of(std::string_view target) {
    auto path = path_of(target);
    if (path == bind_path) return "bind";
    if (!path.starts_with(root)) return {};
    path.remove_prefix(root.size());
    if (const auto slash = path.find('/'); slash != std::string_view::npos) {
        if (slash == 0) return {};
        path.remove_prefix(slash + 1);  // RFC 7030 section 3.2.2: a label for the authority
    }
    const bool known = path == "cacerts" || path == "simpleenroll" || path == "simplereenroll";
    return known ? path : std::string_view{};
}

/// What is wrong with a token that the hub knows, and what to do.
Result<void> check(const JoinTokenEntry& token, TimePoint now) {
    const auto refused = [&](const char* why) {
        return Error{Errc::unauthorized, std::string(why) +
                                             "; for a new one run on the hub: sallyport-hub agent "
                                             "reissue " +
                                             token.agent.name + " --tenant " + token.tenant_name};
    };
    if (token.used_at)
        return refused("the join token was used already (if that was not you, revoke the agent)");
    if (token.replaced_at) return refused("the join token was replaced or withdrawn");
    if (token.expires_at <= now) return refused("the join token has expired");
    return {};
}

}  // namespace

EstServer::EstServer(Store& store, std::shared_ptr<const Current<Authorities>> authorities,
                     Settings settings, std::shared_ptr<const Current<AgentRevocation>> revocation,
                     HubAudit* audit)
    : store_(store),
      authorities_(std::move(authorities)),
      settings_(std::move(settings)),
      revocation_(std::move(revocation)),
      audit_(audit) {}

bool EstServer::serves(std::string_view target) { return !operation_of(target).empty(); }

ApiResponse EstServer::handle(const ApiRequest& request, certs::Time now) const {
    const auto operation = operation_of(request.target);
    const std::string_view method = operation == "cacerts" ? "GET" : "POST";
    const auto may = may_issue();
    auto response = operation.empty()             ? text_response(404, "there is nothing here")
                    : request.method != method    ? method_not_allowed(method)
                    : operation == "cacerts"      ? published()
                    : !may                        ? est::not_on_record(may.error())
                    : operation == "bind"         ? bind(request, now)
                    : operation == "simpleenroll" ? enrol(request, now)
                                                  : reenrol(request, now);
    // So that a client whose clock is wrong can find out.
    response.fields.emplace_back("date",
                                 http::write_date(std::chrono::floor<std::chrono::seconds>(now)));
    return response;
}

ApiResponse EstServer::published() const {
    return est::certificates(authorities_->get()->certificates(), est::published_type);
}

ApiResponse EstServer::enrol(const ApiRequest& request, certs::Time now) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(now);
    const auto token = join_token_of(request, at);
    if (!token) {
        log::warn("enrolment.refused", {{"reason", token.error().detail}});
        tell_refused({}, {}, request.peer, token.error());
        return est::refusal(token.error());
    }
    const auto key = est::requested_key(request);
    if (!key) return est::refusal(key.error());
    const auto restored = est::restored_of(request);
    if (!restored) return est::refusal(restored.error());
    const Request wanted{.agent = token->agent,
                         .tenant_name = token->tenant_name,
                         .key = *key,
                         .needs_approval = settings_.approval == ApprovalPolicy::always,
                         .what = "enrolment"};
    if (auto later = put_off(wanted, at)) return std::move(*later);
    const auto issued = certify(wanted, now);
    if (!issued) return est::refusal(issued.error());
    const auto& certificate = issued->certificate;

    // Only here is the token used up, and looked at again with the agent and its tenant: whoever
    // loses a race, for the token or with an administrator who withdraws it, gets no certificate.
    const auto generation = store_.redeem(token->secret_hash, issued->entry, at);
    if (!generation) return est::refusal(generation.error());
    log::info("agent.enrolled", {{"tenant", token->tenant_name},
                                 {"agent", token->agent.name},
                                 {"generation", *generation},
                                 {"serial", certificate.serial()},
                                 {"key", key->description()}});
    if (*restored && settings_.restored) settings_.restored(token->agent, **restored, at);
    const auto recorded = put_on_record(certificate, issued->entry, *generation,
                                        *restored ? "restoration" : "enrolment", request.peer);
    if (!recorded) return est::not_on_record(recorded.error());
    return est::certificates({&certificate, 1}, est::issued_type);
}

Result<JoinTokenEntry> EstServer::join_token_of(const ApiRequest& request, TimePoint now) const {
    auto credentials = basic_credentials(request);
    if (!credentials) return credentials.error();
    if (!*credentials)
        return Error{Errc::unauthorized,
                     "send the join token as the password of HTTP Basic; sallyport-hub agent add "
                     "makes one"};
    // The user name is free: the token says which agent it is for.
    Secret secret = std::move((*credentials)->password);
    if (secret.reveal().starts_with("sp1.")) {
        auto whole = certs::JoinToken::parse(secret.reveal());
        if (!whole) return Error{Errc::unauthorized, whole.error().detail};
        secret = std::move(whole->secret);
    }
    auto known = store_.join_token(join_token_hash(secret.reveal()));
    if (!known && known.error().code == Errc::not_found)
        return Error{Errc::unauthorized,
                     "this hub does not know the join token: it may be of another hub; make one "
                     "with sallyport-hub agent add NAME --tenant T"};
    if (!known) return known.error();
    if (const auto valid = check(*known, now); !valid) return valid.error();
    return known;
}

std::optional<ApiResponse> EstServer::put_off(const Request& request, TimePoint now) const {
    if (!request.needs_approval) return std::nullopt;
    const auto key = to_hex(request.key.hash());
    const auto approved = store_.ask_approval(request.agent, key, request.what, now);
    if (!approved) return est::refusal(approved.error());
    if (*approved) return std::nullopt;
    log::warn("enrolment.waits", {{"tenant", request.tenant_name},
                                  {"agent", request.agent.name},
                                  {"what", request.what},
                                  {"key_sha256", key}});
    auto response = text_response(
        202, "waits for an administrator, who runs on the hub: sallyport-hub agent approve " +
                 request.agent.name + " --tenant " + request.tenant_name + " --key " + key);
    response.fields.emplace_back("retry-after", std::to_string(approval_retry_after.count()));
    return response;
}

Result<EstServer::Issued> EstServer::certify(const Request& request, certs::Time now) const {
    const auto name =
        certs::AgentName::make(settings_.hub_name, request.agent.tenant_id, request.agent.name);
    if (!name) return Error{Errc::failed, name.error().detail};
    // Looked at once: an administrator may change the authority right now.
    const auto authorities = authorities_->get();
    const auto& issuer = authorities->issuing();
    auto certificate = issuer.issue_agent(request.key, *name, settings_.certificate_lifetime, now);
    if (!certificate) return certificate.error();
    using std::chrono::floor;
    using std::chrono::seconds;
    CertificateEntry entry{.serial = certificate->serial(),
                           .agent = request.agent,
                           .issued_at = floor<seconds>(now),
                           .not_after = floor<seconds>(certificate->not_after()),
                           .authority = key_hash_text(issuer.certificate())};
    return Issued{std::move(*certificate), std::move(entry)};
}

}  // namespace sallyport::hub
