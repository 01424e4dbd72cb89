#pragma once

#include "http/service.hpp"

namespace sallyport::agent {

/// Answers the hub's synthetic exchanges: 204, before any policy, without a mapping and without a
/// record, since they reach nothing (docs/PROTOCOL.md#ready).
class ReadyAnswer final : public http::Service {
public:
    net::Task<Result<void>> serve(const http::RequestHead&, http::Body&,
                                  http::Answer& down) override {
        http::ResponseHead head;
        head.status = 204;
        head.body = {};
        down.start(head);
        down.finish();
        co_return Result<void>{};
    }
};

}  // namespace sallyport::agent
