#include "daemon/admin_https.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/secret_file.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "daemon/admin_server.hpp"
#include "http/h1_connection.hpp"
#include "net/deadline.hpp"
#include "net/endpoint.hpp"
#include "net/socket_duplex.hpp"

#include <utility>

namespace sallyport::daemon {
namespace {

constexpr std::chrono::seconds https_idle_timeout{30};
constexpr std::chrono::seconds https_head_timeout{10};
constexpr std::size_t key_file_bytes_max = 64 * 1024;

Result<std::vector<certs::Certificate>> read_certificates(const std::filesystem::path& file) {
    const auto pem = read_file(file);
    if (!pem) return pem.error();
    auto chain = certs::read_chain_pem(*pem);
    if (!chain) return Error{chain.error().code, file.string() + ": " + to_text(chain.error())};
    return chain;
}

Result<certs::Key> read_server_key(const std::filesystem::path& file) {
    const auto pem = read_secret_file(file, key_file_bytes_max);
    if (!pem) return pem.error();
    auto key = certs::Key::from_pem(pem->reveal());
    if (!key) return Error{key.error().code, file.string() + ": " + to_text(key.error())};
    return key;
}

http::SimpleResponse with_fields(http::SimpleResponse response) {
    response.fields.emplace_back("cache-control", "no-store");
    response.fields.emplace_back("x-content-type-options", "nosniff");
    return response;
}

http::SimpleResponse ask_to_log_in(std::string_view why) {
    auto response = admin_error(401, "login", why);
    response.fields.emplace_back("www-authenticate", "Bearer realm=\"sallyport\"");
    response.fields.emplace_back("www-authenticate", "Basic realm=\"sallyport\"");
    return response;
}

bool is_loopback_address(std::string_view local) {
    return local.starts_with("127.") || local.starts_with("[::1]");
}

}  // namespace

/// Who is at the other end, as far as the connection says.
struct AdminHttps::Peer {
    std::string address;
    std::string certificate;                        // its subject; empty: it showed none
    std::chrono::system_clock::time_point until{};  // the certificate is valid
};

Result<std::shared_ptr<const AdminHttps::Access>> AdminHttps::load(const AdminConfig& config) {
    auto access = std::make_shared<Access>();
    const auto chain = read_certificates(config.certificate_file);
    if (!chain) return chain.error();
    const auto key = read_server_key(config.key_file);
    if (!key) return key.error();
    net::PlainServerOptions options;
    options.own = {*chain, &*key};
    std::vector<certs::Certificate> anchors;
    if (!config.client_ca_file.empty()) {
        auto read = read_certificates(config.client_ca_file);
        if (!read) return read.error();
        anchors = std::move(*read);
        options.client_anchors = anchors;
    }
    auto tls = net::TlsContext::plain_server(options);
    if (!tls) return Error{tls.error().code, "admin_listen: " + tls.error().detail};
    access->tls = std::move(*tls);
    access->names = chain->front().dns_names();
    access->certificate = chain->front();
    if (!config.token_file.empty()) {
        auto tokens = AdminTokens::load(config.token_file);
        if (!tokens) return tokens.error();
        access->tokens = std::move(*tokens);
    }
    return std::shared_ptr<const Access>(std::move(access));
}

Result<void> AdminHttps::check(const AdminConfig& config) {
    if (config.listen.empty()) return {};
    const auto access = load(config);
    return access ? Result<void>() : Result<void>(access.error());
}

AdminHttps::AdminHttps(net::Loop& loop, net::IdleSweep& sweep, AdminRoutes& routes,
                       AdminRefusals& refusals)
    : loop_(loop), sweep_(sweep), routes_(routes), refusals_(refusals), connections_(loop) {
    limits_.idle_timeout = https_idle_timeout;
    limits_.head_timeout = https_head_timeout;
    limits_.culprit = "sallyport";
}

Result<void> AdminHttps::listen(const std::string& address, std::shared_ptr<const Access> access) {
    access_ = std::move(access);
    auto socket = net::ListeningSocket::open(address);
    if (!socket) return Error{socket.error().code, "admin_listen: " + to_text(socket.error())};
    if (is_loopback_address(socket->local_address())) {
        hosts_ = {"localhost", "127.0.0.1", "[::1]"};
        if (const auto named = net::HostPort::parse(address)) hosts_.push_back(named->host);
    }
    listener_ = std::make_unique<net::Listener>(
        loop_, std::move(*socket), [this](FileDescriptor connection) {
            if (access_ && connections_.size() < https_connections_max)
                connections_.spawn("admin https", greet(std::move(connection)));
        });
    return listener_->start();
}

void AdminHttps::use(std::shared_ptr<const Access> access) {
    access_ = std::move(access);
    connections_.cancel();
}

net::Task<void> AdminHttps::greet(FileDescriptor socket) {
    auto wire = std::make_unique<net::SocketDuplex>(std::move(socket));
    Peer peer{.address = wire->peer(), .certificate = {}};
    if (!access_) co_return;
    auto tls = net::TlsDuplex::server(access_->tls, std::move(wire));
    if (!tls) co_return;
    const auto done = co_await (*tls)->handshake(loop_, net::deadline_in(https_handshake_time));
    if (!done) {
        log::debug("admin.tls_refused", {{"peer", peer.address}, {"error", to_text(done.error())}});
        // Anything else is a scan of the network, or a client that does not trust us.
        if (done.error().code == Errc::untrusted) refuse("", peer.address, to_text(done.error()));
        co_return;
    }
    if (const auto certificate = (*tls)->peer_certificate()) {
        peer.certificate = certificate->subject();
        peer.until = certificate->not_after();
    }
    http::SimpleService service(
        [this, &peer](const http::SimpleRequest& request) { return answer(request, peer); },
        {.culprit = limits_.culprit, .request_bytes_max = https_body_bytes_max});
    http::H1Connection connection(loop_, sweep_, std::move(*tls), service, limits_);
    (void)co_await connection.run();
}

net::Task<http::SimpleResponse> AdminHttps::answer(const http::SimpleRequest& request,
                                                   const Peer& peer) {
    const auto& head = request.head;
    const auto access = access_;
    if (!access)  // since a reload
        co_return with_fields(admin_error(503, "closed", "nobody may come in this way any more"));
    if (!hosts_.empty() && !is_own_host(head.authority, hosts_) &&
        !is_own_host(head.authority, access->names))
        co_return with_fields(admin_error(421, "wrong_host", "the Host field names another host"));
    if (head.method != "GET")
        co_return with_fields(admin_error(405, "wrong_method", "this way only shows: GET"));
    AdminCaller caller{.right = AdminRight::none, .login = "nobody"};
    const auto shown = shown_token(head.fields);
    const bool good = access->tokens && access->tokens->knows(shown.token);
    if (!peer.certificate.empty() && std::chrono::system_clock::now() >= peer.until) {
        co_return with_fields(ask_to_log_in("the certificate is not valid any more"));
    } else if (!peer.certificate.empty()) {
        caller.right = AdminRight::look;
        caller.login = "cert:" + peer.certificate;
    } else if (shown.shown && good) {
        caller.right = AdminRight::look;
        caller.login = "token";
    } else if (shown.shown) {
        refuse("", peer.address, "wrong token");
        co_return with_fields(ask_to_log_in("this token is not known"));
    } else if (!routes_.is_open(head.method, head.target)) {
        co_return with_fields(ask_to_log_in("show a client certificate or a token"));
    }
    auto answered = co_await routes_.serve(request, caller);
    co_return with_fields(std::move(answered));
}

void AdminHttps::refuse(std::string_view who, const std::string& from, std::string_view why) {
    refusals_.login({.who = who, .remote = from, .outcome = "refused", .reason = why},
                    net::Loop::now());
}

net::Task<void> AdminHttps::stop() {
    if (listener_) listener_->stop();
    connections_.cancel();
    co_await connections_.join();
}

const certs::Certificate* AdminHttps::certificate() const {
    return access_ && access_->certificate ? &*access_->certificate : nullptr;
}

boost::json::object AdminHttps::status() const {
    return {{"address", listener_ ? listener_->socket().local_address() : ""},
            {"connections", connections_.size()},
            {"tokens", access_ && access_->tokens ? access_->tokens->size() : 0}};
}

}  // namespace sallyport::daemon
