#pragma once

#include "certs/certificate.hpp"
#include "daemon/admin_config.hpp"
#include "daemon/admin_login.hpp"
#include "daemon/admin_places.hpp"
#include "daemon/admin_refusals.hpp"
#include "daemon/admin_routes.hpp"
#include "http/server_limits.hpp"
#include "http/simple_service.hpp"
#include "net/idle_sweep.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// `admin_listen`: the read-only part of administration over HTTPS, for those who show a client
/// certificate or a token (docs/OPERATIONS.md#admin-listen). Lives on the control loop.
class AdminHttps {
public:
    /// From a connection's begin until it has logged in, the handshake included.
    static constexpr std::chrono::seconds https_login_time{10};
    static constexpr std::size_t https_body_bytes_max = 4 * 1024;  // of a request; none is needed

    /// What the files that the configuration names say.
    struct Access {
        std::shared_ptr<const net::TlsContext> tls;
        std::optional<AdminTokens> tokens;
        std::vector<std::string> names;                 // of the certificate
        std::optional<certs::Certificate> certificate;  // that is shown
    };
    /// Errors: of a file, with its name.
    static Result<std::shared_ptr<const Access>> load(const AdminConfig& config);
    /// Whether load() will do, where there is anything to load. For `check`.
    static Result<void> check(const AdminConfig& config);

    /// `routes` and `refusals` outlive it.
    AdminHttps(net::Loop& loop, net::IdleSweep& sweep, AdminRoutes& routes,
               AdminRefusals& refusals);

    /// Errors: the operating system's, with what to do.
    Result<void> listen(const std::string& address, std::shared_ptr<const Access> access);
    /// For connections from now on: those that are there end, since who had a certificate or a
    /// token may have none any more. None: nobody comes in until there is one again.
    void use(std::shared_ptr<const Access> access);
    net::Task<void> stop();

    /// What it shows to clients; null before listen(). Valid until use().
    const certs::Certificate* certificate() const;
    /// {"address", "connections", "strangers", "without_place", "tokens"}
    boost::json::object status() const;

private:
    class Visit;
    void admit(FileDescriptor socket);
    net::Task<void> greet(std::unique_ptr<net::Duplex> wire, std::unique_ptr<Visit> visit);
    net::Task<http::SimpleResponse> answer(const http::SimpleRequest& request, Visit& visit);
    net::Task<http::SimpleResponse> answer_as_known(const http::SimpleRequest& request,
                                                    Visit& visit);
    void refuse(std::string_view who, const std::string& from, std::string_view why);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    AdminRoutes& routes_;
    AdminRefusals& refusals_;
    http::ServerLimits limits_;
    std::shared_ptr<const Access> access_;
    std::vector<std::string> hosts_;  // a request must name one of them; empty: any
    AdminPlaces places_;
    std::map<AdminPlaces::Id, Visit*> visits_;
    net::TaskGroup connections_;
    std::unique_ptr<net::Listener> listener_;
};

}  // namespace sallyport::daemon
