#include "daemon/admin_client.hpp"

#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "http/fetch.hpp"
#include "net/connect.hpp"
#include "net/loop.hpp"
#include "net/socket_duplex.hpp"
#include "net/task_group.hpp"

#include <boost/json/parse.hpp>

#include <optional>

namespace sallyport::daemon {
namespace {

net::Task<void> ask(net::Loop& loop, net::Duplex& wire, http::FetchRequest request,
                    net::Deadline deadline, std::optional<Result<http::FetchResponse>>& out) {
    out.emplace(co_await http::fetch(loop, wire, std::move(request), deadline));
}

Error not_reached(const std::filesystem::path& socket, const Error& why) {
    if (why.code == boost::system::errc::permission_denied)
        return {Errc::denied, "you may not open " + socket.string() +
                                  "; run this as root or as a member of its group (ls -l)"};
    return {Errc::unavailable, "nothing listens on " + socket.string() +
                                   "; is the daemon running, and with this configuration?"};
}

/// Who may only look has a socket beside it.
Result<std::unique_ptr<net::SocketDuplex>> connect_to(const std::filesystem::path& socket,
                                                      const std::string& method) {
    auto wire = net::connect_unix(socket);
    if (wire || wire.error().code != boost::system::errc::permission_denied || method != "GET")
        return wire;
    auto looking = net::connect_unix(AdminServer::view_socket(socket));
    return looking ? std::move(looking) : std::move(wire);
}

Result<http::FetchResponse> fetch_from(const std::filesystem::path& socket,
                                       http::FetchRequest request, std::chrono::seconds patience) {
    auto wire = connect_to(socket, request.method);
    if (!wire) return not_reached(socket, wire.error());
    net::Loop loop;
    std::optional<Result<http::FetchResponse>> response;
    request.host = "localhost";
    {
        net::TaskGroup tasks(loop);
        tasks.spawn("ask",
                    ask(loop, **wire, std::move(request), net::deadline_in(patience), response));
        loop.io.run();
    }
    if (!response) return Error{Errc::protocol, "no answer from the daemon"};
    return std::move(*response);
}

}  // namespace

Result<std::string> ask_daemon_for_text(const std::filesystem::path& socket,
                                        const std::string& target, std::chrono::seconds patience) {
    http::FetchRequest request;
    request.method = "GET";
    request.target = target;
    request.response_bytes_max = text_bytes_max;
    auto response = fetch_from(socket, std::move(request), patience);
    if (!response) return response.error();
    if (response->status != 200)
        return Error{Errc::failed, "the daemon answered " + std::to_string(response->status)};
    return std::move(response->body);
}

Result<boost::json::object> ask_daemon(const std::filesystem::path& socket,
                                       const std::string& method, const std::string& target,
                                       std::chrono::seconds patience, std::string body) {
    http::FetchRequest request;
    request.method = method;
    request.target = target;
    request.body = std::move(body);
    if (method != "GET") request.fields.emplace_back("content-type", "application/json");
    auto response = fetch_from(socket, std::move(request), patience);
    if (!response) return response.error();
    boost::system::error_code failure;
    auto value = boost::json::parse(response->body, failure);
    if (failure || !value.is_object())
        return Error{Errc::protocol, "the daemon's answer is no JSON"};
    auto& object = value.get_object();
    if (response->status < 400) return object;
    const auto* error = object.if_contains("error");
    const auto* message = error != nullptr && error->is_object()
                              ? error->get_object().if_contains("message")
                              : nullptr;
    return Error{Errc::failed, message != nullptr && message->is_string()
                                   ? std::string(message->get_string())
                                   : "the daemon answered " + std::to_string(response->status)};
}

}  // namespace sallyport::daemon
