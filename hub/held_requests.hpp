#pragma once

#include "http/message.hpp"

#include <cstddef>

namespace sallyport::hub {

/// Counts the requests that wait for an agent, and the memory they may come to hold meanwhile: a
/// head, and as much of a body as the connection reads ahead. One per worker.
class HeldRequests {
public:
    static constexpr std::size_t held_bytes_max = std::size_t{16} * 1024 * 1024;  // of the process

    struct Limits {
        std::size_t requests_max = 256;
        std::size_t bytes_max = held_bytes_max;
    };

    explicit HeldRequests(const Limits& limits) : limits_(limits) {}

    /// One that waits. Lives in its coroutine, and no longer than the HeldRequests.
    class Place {
    public:
        explicit Place(HeldRequests& held) : held_(held) {}
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// Whether the request may wait, or waits already.
        bool take(const http::RequestHead& head);

    private:
        HeldRequests& held_;
        std::size_t bytes_ = 0;  // 0: does not wait
    };

    std::size_t requests() const { return requests_; }
    std::size_t bytes() const { return bytes_; }

private:
    Limits limits_;
    std::size_t requests_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace sallyport::hub
