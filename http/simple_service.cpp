#include "http/simple_service.hpp"

#include "base/error.hpp"
#include "http/refusal.hpp"

namespace sallyport::http {
namespace {

/// Errc::limit, cut or aborted.
net::Task<Result<std::string>> read_whole(Body& up, Answer& down, std::size_t bytes_max) {
    std::string body;
    while (true) {
        const auto bytes = up.peek();
        if (body.size() + bytes.size() > bytes_max) co_return Error{Errc::limit, "request body"};
        body += as_text(bytes);
        up.consume(bytes.size());
        if (up.state() == Body::State::ended) co_return body;
        if (up.state() == Body::State::cut) co_return Error{Errc::cut, "request body"};
        if (down.aborted()) co_return Error{Errc::aborted, {}};
        if (bytes.empty()) co_await down.event().wait();
    }
}

void start(Answer& down, const SimpleResponse& response) {
    std::vector<Field> fields;
    if (!response.body.empty()) fields.push_back({"content-type", response.content_type});
    for (const auto& [name, value] : response.fields) fields.push_back({name, value});
    ResponseHead head;
    head.status = response.status;
    head.fields = fields;
    head.body = BodySize::exactly(response.body.size());
    down.start(head);
}

}  // namespace

net::Task<Result<void>> SimpleService::serve(const RequestHead& head, Body& up, Answer& down) {
    auto body = co_await read_whole(up, down, options_.request_bytes_max);
    if (!body && body.error().code == Errc::limit) {
        const Refusal refusal{413, "body_too_large",
                              "The request body is larger than " +
                                  std::to_string(options_.request_bytes_max / 1024) + " KiB.",
                              "http_request_error"};
        answer(down, refusal, options_.culprit, {});
        co_return Result<void>();
    }
    if (!body) co_return body.error();
    const SimpleRequest request{head, std::move(*body)};
    const auto response = co_await handler_(request);
    start(down, response);
    for (auto rest = as_bytes(response.body); !rest.empty();) {
        if (down.aborted()) co_return Error{Errc::aborted, {}};
        const auto taken = down.write(rest);
        rest = rest.subspan(taken);
        if (taken == 0) co_await down.event().wait();
    }
    down.finish();
    co_return Result<void>();
}

}  // namespace sallyport::http
