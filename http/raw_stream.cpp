#include "http/raw_stream.hpp"

namespace sallyport::http {

RawStream::RawStream(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, net::Event& event,
                     std::string_view received)
    : duplex_(std::move(duplex)), output_(loop, event) {
    input_.put(received);
    incoming_.begin(h1::Framing::until_close, 0, *duplex_);
    outgoing_.begin(h1::Framing::until_close, 0);
}

Result<void> RawStream::attach(net::Loop& loop, net::Ready& ready) {
    if (auto attached = duplex_->attach(loop, ready); !attached) return attached.error();
    output_.attach(duplex_.get());
    return {};
}

std::unique_ptr<net::Duplex> RawStream::detach() {
    output_.attach(nullptr);
    duplex_->detach();
    return std::move(duplex_);
}

}  // namespace sallyport::http
