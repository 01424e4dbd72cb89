#include "hub/est_server.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/join_token.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"
#include "hub/join_token_hash.hpp"

namespace sallyport::hub {
namespace {

constexpr std::string_view root = "/.well-known/est/";

/// The operation a target names, or nothing if it is not one of ours.
std::string_view operation_of(std::string_view target) {
    auto path = path_of(target);
    if (!path.starts_with(root)) return {};
    path.remove_prefix(root.size());
    if (const auto slash = path.find('/'); slash != std::string_view::npos) {
        if (slash == 0) return {};
        path.remove_prefix(slash + 1);  // RFC 7030 section 3.2.2: a label for the authority
    }
    return path == "cacerts" || path == "simpleenroll" ? path : std::string_view{};
}

ApiResponse refusal(const Error& error) {
    if (error.code == Errc::unauthorized) {
        auto response = text_response(401, error.detail);
        response.fields.emplace_back("www-authenticate", "Basic realm=\"sallyport\"");
        return response;
    }
    if (error.code == Errc::malformed || error.code == Errc::untrusted ||
        error.code == Errc::unsupported || error.code == Errc::limit)
        return text_response(400, error.detail);
    if (error.code == Errc::unavailable)
        return text_response(503, "the hub's database is busy: try again in a few seconds");
    log::error("enrolment.failed", {{"reason", to_text(error)}});
    return text_response(500, "the hub could not enrol the agent; its log says why");
}

ApiResponse certificates(std::span<const certs::Certificate> certificates,
                         std::string_view content_type) {
    const auto der = certs::encode_certs_only(certificates);
    if (!der) return refusal(der.error());
    return {.status = 200,
            .fields = {{"content-type", std::string(content_type)},
                       {"content-transfer-encoding", "base64"}},
            .body = to_base64(as_bytes(*der))};
}

/// The key of the request in the body, proven to be in the sender's hands.
Result<certs::PublicKey> requested_key(const ApiRequest& request) {
    if (!has_media_type(request, "application/pkcs10"))
        return Error{Errc::malformed, "the body must be application/pkcs10, in base64"};
    const auto der = from_base64(request.body);
    if (!der) return Error{Errc::malformed, "the certification request is not base64"};
    return certs::parse_request(as_text(*der));
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

EstServer::EstServer(Store& store, const certs::Authority& authority, Settings settings)
    : store_(store), authority_(authority), settings_(std::move(settings)) {}

bool EstServer::serves(std::string_view target) { return !operation_of(target).empty(); }

ApiResponse EstServer::handle(const ApiRequest& request, certs::Time now) const {
    const auto operation = operation_of(request.target);
    if (operation == "cacerts")
        return request.method == "GET" ? authorities() : method_not_allowed("GET");
    if (operation == "simpleenroll")
        return request.method == "POST" ? enrol(request, now) : method_not_allowed("POST");
    return text_response(404, "there is nothing here");
}

ApiResponse EstServer::authorities() const {
    return certificates({&authority_.certificate(), 1}, "application/pkcs7-mime");
}

ApiResponse EstServer::enrol(const ApiRequest& request, certs::Time now) const {
    const auto at = std::chrono::floor<std::chrono::seconds>(now);
    const auto token = join_token_of(request, at);
    if (!token) {
        log::warn("enrolment.refused", {{"reason", token.error().detail}});
        return refusal(token.error());
    }
    const auto key = requested_key(request);
    if (!key) return refusal(key.error());
    const auto certificate = certify(*token, *key, now);
    if (!certificate) return refusal(certificate.error());

    // Only here is the token used up; whoever loses a race for it gets no certificate.
    const auto generation = store_.redeem(
        token->secret_hash,
        {.serial = certificate->serial(),
         .agent = token->agent,
         .issued_at = at,
         .not_after = std::chrono::floor<std::chrono::seconds>(certificate->not_after())},
        at);
    if (!generation) return refusal(generation.error());
    log::info("agent.enrolled", {{"tenant", token->tenant_name},
                                 {"agent", token->agent.name},
                                 {"generation", *generation},
                                 {"serial", certificate->serial()},
                                 {"key", key->description()}});
    return certificates({&*certificate, 1}, "application/pkcs7-mime; smime-type=certs-only");
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

Result<certs::Certificate> EstServer::certify(const JoinTokenEntry& token,
                                              const certs::PublicKey& key, certs::Time now) const {
    const auto name =
        certs::AgentName::make(settings_.hub_name, token.agent.tenant_id, token.agent.name);
    if (!name) return Error{Errc::failed, name.error().detail};
    return authority_.issue_agent(key, *name, settings_.certificate_lifetime, now);
}

}  // namespace sallyport::hub
