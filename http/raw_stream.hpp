#pragma once

#include "http/h1_body.hpp"
#include "http/wire_input.hpp"
#include "http/wire_output.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

#include <memory>
#include <string_view>

namespace sallyport::http {

/// A connection whose bytes nobody looks into. Both directions end on their own (half-close).
/// All calls on the loop's thread.
class RawStream {
public:
    /// `duplex` is connected and not attached; `event` is told when anything can go on.
    /// `received`: bytes that came before, at most WireInput::capacity.
    RawStream(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, net::Event& event,
              std::string_view received = {});

    Result<void> attach(net::Loop& loop, net::Ready& ready);
    /// To go on elsewhere. The caller takes what input() still holds; this is of no use after it.
    std::unique_ptr<net::Duplex> detach();

    /// What arrives; `ended` is the peer's half-close, `cut` a broken connection.
    BodyReader& incoming() { return incoming_; }
    WireInput& input() { return input_; }
    WireOutput& output() { return output_; }
    /// A prefix; 0: no room now. After a failure everything is taken and dropped.
    std::size_t write(BytesView bytes) { return outgoing_.write(bytes); }
    /// Whether the peer takes nothing any more.
    bool write_failed() const { return output_.failed(); }
    net::Duplex& duplex() { return *duplex_; }
    /// Bytes in both directions, ever.
    std::uint64_t progress() const { return input_.received() + output_.accepted(); }

private:
    std::unique_ptr<net::Duplex> duplex_;
    WireInput input_;
    WireOutput output_;
    BodyReader incoming_{input_};
    BodyWriter outgoing_{output_};
};

}  // namespace sallyport::http
