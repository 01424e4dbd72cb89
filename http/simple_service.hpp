#pragma once

#include "http/service.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::http {

/// A request with its whole body. The head is views, valid until the answer is returned.
struct SimpleRequest {
    const RequestHead& head;
    std::string body{};
};

struct SimpleResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> fields{};  // further ones
};

/// For APIs off the data path: reads a bounded request body, asks a function, gives its answer.
class SimpleService final : public Service {
public:
    /// A coroutine: it may wait. References stay valid until it ends.
    using Handler = std::function<net::Task<SimpleResponse>(const SimpleRequest&)>;
    static constexpr std::size_t body_bytes_max = 1024 * 1024;

    struct Options {
        std::string_view culprit = "sallyport-hub";
        std::size_t request_bytes_max = body_bytes_max;
    };

    explicit SimpleService(Handler handler) : SimpleService(std::move(handler), Options{}) {}
    SimpleService(Handler handler, Options options)
        : handler_(std::move(handler)), options_(options) {}

    net::Task<Result<void>> serve(const RequestHead& head, Body& up, Answer& down) override;

private:
    Handler handler_;
    Options options_;
};

}  // namespace sallyport::http
