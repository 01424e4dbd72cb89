// Asks a web server whether it is there.
#include "agent/reachability.hpp"
#include "base/bytes.hpp"
#include "http/fetch.hpp"

namespace sallyport::agent {

net::Task<Result<ReachAnswer>> ask_web_server(net::Loop& loop, net::Duplex& wire,
                                              ReachQuestion question, net::Deadline deadline) {
    http::FetchRequest request;
    request.method = "HEAD";
    request.target = std::move(question.target);
    request.host = std::move(question.host);
    request.fields.emplace_back("user-agent", "sallyport-doctor/" SALLYPORT_VERSION);
    const auto response = co_await http::fetch(loop, wire, std::move(request), deadline);
    if (!response) co_return response.error();
    ReachAnswer answer{.status = response->status,
                       .location = std::string(response->field("location"))};
    for (const auto& [name, value] : response->fields)
        if (name == "www-authenticate")
            answer.schemes.push_back(to_lower(value.substr(0, value.find(' '))));
    co_return answer;
}

}  // namespace sallyport::agent
