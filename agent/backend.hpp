#pragma once

#include "agent/login.hpp"
#include "http/service.hpp"

namespace sallyport::agent {

/// The internal system of one mapping.
class Backend : public http::Service {
public:
    /// As somebody; null: nobody. Nobody else's connection is used.
    virtual net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                             http::Answer& down, LoginPtr login) = 0;
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        return serve_as(head, up, down, nullptr);
    }
};

}  // namespace sallyport::agent
