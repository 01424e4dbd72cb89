#include "agent/http_wire.hpp"

#include <utility>

namespace sallyport::agent {

HttpWire::HttpWire(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, LoginPtr login,
                   net::Event& event)
    : duplex_(std::move(duplex)), login_(std::move(login)), idle_(loop.turn), output(loop, event) {
    output.attach(duplex_.get());
}

HttpWire::~HttpWire() = default;

Result<void> HttpWire::attach(net::Loop& loop, net::Event& event) {
    return duplex_->attach(loop, event);
}

void HttpWire::use(net::Event& event) {
    owner_ = nullptr;
    duplex_->watch(event);
    output.watch(event);
}

void HttpWire::rest(Owner& owner, net::IdleSweep& sweep, net::Deadline deadline) {
    owner_ = &owner;
    duplex_->watch(*this);
    output.watch(idle_);
    sweep.add(*this, deadline);
    // What came before anybody watched is not told again.
    if (duplex_->readable()) on_ready();
}

bool HttpWire::quiet() {
    // TLS may have words of its own to read first, such as session tickets.
    return input.fill(*duplex_) == http::WireInput::Fill::would_block && duplex_->quiet();
}

void HttpWire::on_ready() {
    if (owner_ == nullptr || input.fill(*duplex_) == http::WireInput::Fill::would_block) return;
    std::exchange(owner_, nullptr)->lost(*this);
}

void HttpWire::on_deadline() {
    if (owner_ != nullptr) std::exchange(owner_, nullptr)->lost(*this);
}

}  // namespace sallyport::agent
