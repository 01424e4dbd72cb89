#pragma once

#include "base/error.hpp"
#include "http/raw_stream.hpp"

namespace sallyport::agent {

/// Whether what looks like the end of a stream is none: the internal system broke off. The kernel
/// tells of a reset once. Where a write was told, a read finds what looks like an orderly end.
/// Broken pipe is another thing: the end had come before.
inline bool is_broken(http::RawStream& wire) {
    const auto& output = wire.output();
    return wire.incoming().state() == http::Body::State::cut ||
           (output.failed() && output.error() != boost::system::errc::broken_pipe);
}

/// Errc::cut, with what is known of it.
inline Error broken_by_system(http::RawStream& wire) {
    auto why = wire.duplex().failure();
    if (why.empty()) why = "the internal system broke off the connection";
    return {Errc::cut, std::move(why)};
}

/// The other end must not take for an orderly end what is none: a failure, or the end of the agent.
/// TLS says it by itself, TCP does not.
struct CutUnlessWhole {
    explicit CutUnlessWhole(http::RawStream& w) : wire(w) {}
    ~CutUnlessWhole() {
        if (!whole) wire.duplex().reset();
    }
    CutUnlessWhole(const CutUnlessWhole&) = delete;
    CutUnlessWhole& operator=(const CutUnlessWhole&) = delete;
    http::RawStream& wire;
    bool whole = false;
};

}  // namespace sallyport::agent
