#include "hub/api_service.hpp"

#include "base/error.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::hub {

namespace asio = boost::asio;

namespace {

/// A request that owns what it says, because whoever asked may go away while the pool works on it.
struct OwnedRequest {
    explicit OwnedRequest(const http::SimpleRequest& from,
                          const std::optional<certs::Certificate>& certificate, std::string address,
                          std::vector<certs::Certificate> external)
        : method(from.head.method),
          target(from.head.target),
          host(from.head.authority),
          body(from.body),
          client_certificate(certificate),
          peer(std::move(address)),
          external_chain(std::move(external)) {
        for (const auto& field : from.head.fields) fields.emplace_back(field.name, field.value);
        for (const auto& [name, value] : fields) views.push_back({name, value});
    }
    ApiRequest view() const {
        return {method, target, host, views, body, client_certificate, peer, external_chain};
    }

    std::string method, target, host, body;
    std::vector<std::pair<std::string, std::string>> fields;
    std::vector<http::Field> views;
    std::optional<certs::Certificate> client_certificate;
    std::string peer;
    std::vector<certs::Certificate> external_chain;
};

http::SimpleResponse to_simple(ApiResponse from) {
    http::SimpleResponse response;
    response.status = from.status;
    response.body = std::move(from.body);
    response.content_type.clear();
    for (auto& [name, value] : from.fields) {
        if (equal_ignoring_case(name, "content-type"))
            response.content_type = std::move(value);
        else
            response.fields.emplace_back(to_lower(name), std::move(value));
    }
    return response;
}

}  // namespace

Api::Api(net::Loop& loop, net::BlockingPool& pool, TokenEndpoint tokens, EstServer est,
         std::shared_ptr<const Accounts> accounts)
    : loop_(loop),
      pool_(pool),
      tokens_(std::make_shared<const TokenEndpoint>(std::move(tokens))),
      est_(std::move(est)),
      accounts_(std::move(accounts)) {}

net::Task<http::SimpleResponse> Api::answer(const http::SimpleRequest& request,
                                            std::optional<certs::Certificate> certificate,
                                            std::string peer,
                                            std::vector<certs::Certificate> external) {
    const bool is_token = TokenEndpoint::serves(request.head.target);
    const bool is_est = EstServer::serves(request.head.target);
    if (!is_token && !is_est) {
        http::SimpleResponse nothing;
        nothing.status = 404;
        nothing.body = R"({"error":{"code":"not_found","message":"There is nothing here."}})";
        co_return nothing;
    }
    const auto owned = std::make_shared<const OwnedRequest>(request, certificate, std::move(peer),
                                                            std::move(external));
    const auto accounts = accounts_;
    if (is_token && !TokenEndpoint::computes(request.head.target))
        co_return to_simple(
            tokens_->handle(owned->view(), *accounts, std::chrono::system_clock::now()));
    std::function<Result<ApiResponse>()> work = [this, owned, accounts, tokens = tokens_,
                                                 is_est]() -> Result<ApiResponse> {
        const auto now = std::chrono::system_clock::now();
        if (is_est) return est_.handle(owned->view(), now);
        return tokens->handle(owned->view(), *accounts, now);
    };
    auto answered = is_est ? net::run_on_pool<ApiResponse>(pool_, loop_, std::move(work))
                           : token(std::move(work));
    auto response = co_await std::move(answered);
    if (is_est && response && response->status == 200 && changed_) co_await changed_();
    if (response) co_return to_simple(std::move(*response));
    http::SimpleResponse busy;
    busy.status = 503;
    busy.fields.emplace_back("retry-after", std::to_string(busy_retry_after.count()));
    busy.body = R"({"error":{"code":"busy","message":"The hub is busy. Try again later."}})";
    co_return busy;
}

/// Whoever gives up keeps their place until the job is done: the work is there all the same.
net::Task<Result<ApiResponse>> Api::token(std::function<Result<ApiResponse>()> work) {
    if (tokens_under_way_ >= token_threads + tokens_waiting_max)
        co_return Error{Errc::limit, "too many tokens are asked for at once"};
    ++tokens_under_way_;
    std::function<Result<ApiResponse>()> counted = [this, work = std::move(work)] {
        auto response = work();
        asio::post(loop_.executor(), [this] { --tokens_under_way_; });
        return response;
    };
    auto response = co_await net::run_on_pool<ApiResponse>(token_pool_, loop_, std::move(counted));
    co_return response;
}

}  // namespace sallyport::hub
