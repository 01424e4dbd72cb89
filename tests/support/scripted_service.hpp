#pragma once

#include "http/service.hpp"

#include <functional>
#include <string>

namespace sallyport::test {

/// What a test does with one exchange. A script that is a lambda must outlive the service; its
/// coroutine lives as long as the exchange.
using Script =
    std::function<net::Task<Result<void>>(const http::RequestHead&, http::Body&, http::Answer&)>;

class ScriptedService final : public http::Service {
public:
    explicit ScriptedService(Script serve) : script_(std::move(serve)) {}
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        ++calls;
        auto served = co_await script_(head, up, down);
        ++returns;
        co_return served;
    }
    int calls = 0;
    int returns = 0;

private:
    Script script_;
};

inline http::ResponseHead head_of(int status, http::BodySize body, http::Fields fields = {}) {
    http::ResponseHead head;
    head.status = status;
    head.body = body;
    head.fields = fields;
    return head;
}

/// All of a request body, until it ends or is cut.
inline net::Task<std::string> read_all(http::Body& up, http::Answer& down) {
    std::string text;
    while (up.state() == http::Body::State::flowing && !down.aborted()) {
        const auto bytes = up.peek();
        text += as_text(bytes);
        up.consume(bytes.size());
        if (bytes.empty() && up.state() == http::Body::State::flowing) co_await down.event().wait();
    }
    co_return text;
}

inline net::Task<void> write_all(http::Answer& down, std::string text) {
    for (auto rest = as_bytes(text); !rest.empty();) {
        const auto taken = down.write(rest);
        rest = rest.subspan(taken);
        if (taken == 0) co_await down.event().wait();
    }
}

}  // namespace sallyport::test
