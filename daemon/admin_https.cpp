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

#include <fcntl.h>
#include <sys/socket.h>
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

/// One connection and who is at its other end, as far as it says. As long as that is a stranger its
/// time runs, and others can need its place.
class AdminHttps::Visit final : private net::IdleSweep::Watched {
public:
    /// `socket`: another descriptor of the connection's, which ends it whoever reads it just now.
    Visit(AdminHttps& host, AdminPlaces::Id id, std::string from, FileDescriptor socket)
        : address(std::move(from)), host_(host), id_(id), socket_(std::move(socket)) {
        host_.visits_.emplace(id_, this);
        host_.sweep_.add(*this, net::deadline_in(https_login_time));
    }
    ~Visit() {
        host_.visits_.erase(id_);
        host_.places_.leave(id_);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    void log_in() {
        host_.places_.log_in(id_);
        host_.sweep_.remove(*this);
        socket_.close();
    }
    bool is_stranger() const { return static_cast<bool>(socket_); }
    void send_away(std::string_view why) {
        log::debug("admin.sent_away", {{"peer", address}, {"reason", why}});
        static_cast<void>(::shutdown(socket_.get(), SHUT_RDWR));
    }

    const std::string address;
    std::string certificate{};                      // its subject; empty: it showed none
    std::chrono::system_clock::time_point until{};  // the certificate is valid
    http::H1Connection* connection = nullptr;       // once it is secure

private:
    void on_deadline() override { send_away("it has not logged in in time"); }

    AdminHttps& host_;
    AdminPlaces::Id id_;
    FileDescriptor socket_;  // none: it has logged in
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
        loop_, std::move(*socket),
        [this](FileDescriptor connection) { admit(std::move(connection)); });
    return listener_->start();
}

void AdminHttps::use(std::shared_ptr<const Access> access) {
    access_ = std::move(access);
    connections_.cancel();
}

void AdminHttps::admit(FileDescriptor socket) {
    if (!access_) return;
    FileDescriptor second(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!second) return;  // no descriptor is left
    auto wire = std::make_unique<net::SocketDuplex>(std::move(socket));
    auto from = wire->peer();
    const auto arrival = places_.arrive(neighbour_of(from));
    if (arrival.sent_away) visits_.at(*arrival.sent_away)->send_away("others need its place");
    if (!arrival.place) return;
    auto visit = std::make_unique<Visit>(*this, *arrival.place, std::move(from), std::move(second));
    connections_.spawn("admin https", greet(std::move(wire), std::move(visit)));
}

net::Task<void> AdminHttps::greet(std::unique_ptr<net::Duplex> wire, std::unique_ptr<Visit> visit) {
    if (!access_) co_return;
    auto tls = net::TlsDuplex::server(access_->tls, std::move(wire));
    if (!tls) co_return;
    const auto done = co_await (*tls)->handshake(loop_, net::deadline_in(https_login_time));
    if (!done) {
        const auto why = to_text(done.error());
        log::debug("admin.tls_refused", {{"peer", visit->address}, {"error", why}});
        // Anything else is a scan of the network, or a client that does not trust us.
        if (done.error().code == Errc::untrusted) refuse("", visit->address, why);
        co_return;
    }
    if (const auto certificate = (*tls)->peer_certificate()) {
        visit->certificate = certificate->subject();
        visit->until = certificate->not_after();
        visit->log_in();
    }
    http::SimpleService service(
        [this, &visit](const http::SimpleRequest& request) { return answer(request, *visit); },
        {.culprit = limits_.culprit, .request_bytes_max = https_body_bytes_max});
    http::H1Connection connection(loop_, sweep_, std::move(*tls), service, limits_);
    visit->connection = &connection;
    (void)co_await connection.run();
}

/// A stranger gets one answer, and has then to come again.
net::Task<http::SimpleResponse> AdminHttps::answer(const http::SimpleRequest& request,
                                                   Visit& visit) {
    auto response = co_await answer_as_known(request, visit);
    constexpr int must_log_in = 401;
    if (visit.is_stranger() || response.status == must_log_in) visit.connection->drain();
    response.fields.emplace_back("cache-control", "no-store");
    response.fields.emplace_back("x-content-type-options", "nosniff");
    co_return response;
}

net::Task<http::SimpleResponse> AdminHttps::answer_as_known(const http::SimpleRequest& request,
                                                            Visit& visit) {
    const auto& head = request.head;
    const auto access = access_;
    if (!access)  // since a reload
        co_return admin_error(503, "closed", "nobody may come in this way any more");
    if (!hosts_.empty() && !is_own_host(head.authority, hosts_) &&
        !is_own_host(head.authority, access->names))
        co_return admin_error(421, "wrong_host", "the Host field names another host");
    if (head.method != "GET")
        co_return admin_error(405, "wrong_method", "this way only shows: GET");
    AdminCaller caller{.right = AdminRight::none, .login = "nobody"};
    const auto shown = shown_token(head.fields);
    const bool good = access->tokens && access->tokens->knows(shown.token);
    if (!visit.certificate.empty() && std::chrono::system_clock::now() >= visit.until) {
        co_return ask_to_log_in("the certificate is not valid any more");
    } else if (!visit.certificate.empty()) {
        caller.right = AdminRight::look;
        caller.login = "cert:" + visit.certificate;
    } else if (shown.shown && good) {
        caller.right = AdminRight::look;
        caller.login = "token";
        visit.log_in();
    } else if (shown.shown) {
        refuse("", visit.address, "wrong token");
        co_return ask_to_log_in("this token is not known");
    } else if (!routes_.is_open(head.method, head.target)) {
        co_return ask_to_log_in("show a client certificate or a token");
    }
    co_return co_await routes_.serve(request, caller);
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
            {"strangers", places_.strangers()},
            {"without_place", places_.without_place()},
            {"tokens", access_ && access_->tokens ? access_->tokens->size() : 0}};
}

}  // namespace sallyport::daemon
