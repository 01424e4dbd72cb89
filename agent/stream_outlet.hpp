#pragma once

#include "base/bytes.hpp"

#include <cstddef>

namespace sallyport::agent {

/// What one side of an inspected stream is to get: written as far as it takes it, the rest kept.
class StreamOutlet {
public:
    /// Everything that is here, and what comes, waits.
    void hold() { held_ = true; }
    void release() { held_ = false; }

    /// `Sink` has `std::size_t write(BytesView)`, which takes a prefix.
    template <class Sink>
    void put(BytesView bytes, Sink& sink) {
        if (bytes.empty()) return;
        if (!held_ && empty()) bytes = bytes.subspan(write(bytes, sink));
        pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    }
    template <class Sink>
    void flush(Sink& sink) {
        if (held_ || empty()) return;
        sent_ += write(BytesView(pending_).subspan(sent_), sink);
        if (empty()) drop();
    }
    bool empty() const { return sent_ == pending_.size(); }
    std::size_t size() const { return pending_.size() - sent_; }
    void drop() {
        if (pending_.capacity() > kept_bytes_max) Bytes().swap(pending_);
        pending_.clear();
        sent_ = 0;
    }

private:
    static constexpr std::size_t kept_bytes_max = 64 * 1024;  // of memory that is not in use

    template <class Sink>
    std::size_t write(BytesView bytes, Sink& sink) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto taken = sink.write(bytes.subspan(sent));
            if (taken == 0) break;
            sent += taken;
        }
        return sent;
    }

    Bytes pending_;
    std::size_t sent_ = 0;  // of these
    bool held_ = false;
};

}  // namespace sallyport::agent
