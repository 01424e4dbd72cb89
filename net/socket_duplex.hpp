#pragma once

#include "base/file.hpp"
#include "net/duplex.hpp"
#include "net/poller.hpp"

namespace sallyport::net {

/// A connected stream socket (TCP or Unix). On TCP, Nagle's algorithm is off: we gather ourselves.
class SocketDuplex final : public Duplex, private Watcher {
public:
    /// Takes a connected socket and makes it non-blocking.
    explicit SocketDuplex(FileDescriptor socket);
    ~SocketDuplex() override;

    Result<void> attach(Loop& loop, Ready& ready) override;
    void watch(Ready& ready) override { ready_ = &ready; }
    void detach() override;
    using Duplex::write;
    Moved read(std::span<std::byte> into) override;
    Moved write(std::span<const BytesView> buffers) override;
    void finish() override;
    void close() override;
    void reset() override;
    bool readable() const override { return readable_; }
    bool quiet() const override;
    std::string peer() const override;

    int native_handle() const { return socket_.get(); }

private:
    void on_events(std::uint32_t events) override;

    FileDescriptor socket_;
    Loop* loop_ = nullptr;
    Ready* ready_ = nullptr;
    bool readable_ = true;
    bool writable_ = true;
    bool hung_up_ = false;  // the peer's end, or an error, is there to be read
};

}  // namespace sallyport::net
