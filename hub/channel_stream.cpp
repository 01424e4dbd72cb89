#include "hub/channel_stream.hpp"

#include "base/error.hpp"

#include <utility>

namespace sallyport::hub {

ChannelStream::ChannelStream(net::Loop& loop, net::IdleSweep& sweep,
                             std::unique_ptr<net::Duplex> duplex, const Limits& limits)
    : loop_(loop),
      sweep_(sweep),
      event_(loop.turn),
      stream_(loop, std::move(duplex), event_),
      limits_(limits) {
    sweep_.add(*this, net::deadline_in(limits_.channel_idle));
}

ChannelStream::~ChannelStream() {
    if (!whole_) stream_.duplex().reset();
}

void ChannelStream::cut() {
    if (std::exchange(cut_, true)) return;
    stream_.duplex().reset();
    event_.set();
}

net::Task<void> ChannelStream::finish_output() {
    lingers_ = true;
    progress_ = stream_.progress();
    sweep_.add(*this, net::deadline_in(limits_.channel_linger));
    while (!aborted() && !timed_out_ && !stream_.output().all_sent()) co_await event_.wait();
    whole_ = granted_ && !aborted() && stream_.output().all_sent();
}

void ChannelStream::on_ready() {
    stream_.output().send();
    event_.set();
}

void ChannelStream::on_deadline() {
    const auto before = std::exchange(progress_, stream_.progress());
    if (progress_ != before) {
        sweep_.add(*this,
                   net::deadline_in(lingers_ ? limits_.channel_linger : limits_.channel_idle));
        return;
    }
    timed_out_ = true;
    if (!lingers_) cut();
    event_.set();
}

void ChannelStream::start(const http::ResponseHead& head) {
    constexpr int ok = 200;
    started_ = true;
    granted_ = head.status == ok;
}

std::size_t ChannelStream::write(BytesView bytes) {
    if (!granted_ || aborted()) return bytes.size();
    return stream_.write(bytes);
}

void ChannelStream::finish(http::Fields) {
    if (granted_ && !aborted()) stream_.output().finish();
}

}  // namespace sallyport::hub
