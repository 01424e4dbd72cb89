#include "hub/held_requests.hpp"

#include "http/wire_input.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

/// What a request may come to hold: never more than its connection's buffer.
std::size_t bytes_of(const http::RequestHead& head) {
    constexpr std::size_t capacity = http::WireInput::capacity;
    std::size_t bytes = head.method.size() + head.target.size() + head.authority.size();
    for (const auto& field : head.fields) bytes += field.name.size() + field.value.size();
    if (head.body.kind == http::BodySize::Kind::unknown) return capacity;
    const auto body = std::min<std::uint64_t>(head.body.bytes, capacity);
    return std::clamp<std::size_t>(bytes + static_cast<std::size_t>(body), 1, capacity);
}

}  // namespace

bool HeldRequests::Place::take(const http::RequestHead& head) {
    if (bytes_ != 0) return true;
    const auto bytes = bytes_of(head);
    if (held_.requests_ >= held_.limits_.requests_max ||
        bytes > held_.limits_.bytes_max - held_.bytes_)
        return false;
    bytes_ = bytes;
    held_.bytes_ += bytes;
    ++held_.requests_;
    return true;
}

HeldRequests::Place::~Place() {
    if (bytes_ == 0) return;
    held_.bytes_ -= bytes_;
    --held_.requests_;
}

}  // namespace sallyport::hub
