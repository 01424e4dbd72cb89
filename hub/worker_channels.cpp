// Service channels: an agent asks, the hub connects to the service and opens the stream.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/attachment.hpp"
#include "hub/channel_stream.hpp"
#include "net/connect.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::chrono::seconds channel_connect_time{10};
constexpr std::size_t channels_per_link_max = 256;  // open, or being opened
constexpr std::size_t nonce_characters = 32;

bool is_nonce(std::string_view text) {
    return text.size() == nonce_characters && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

/// One channel that is open, or on its way. Lives in its coroutine.
struct Worker::OpenChannel {
    OpenChannel(Worker& w, Attachment& a, const Channel& c) : worker(w), attachment(a), channel(c) {
        ++attachment.channels_open;
        worker.channels_.insert(this);
    }
    ~OpenChannel() {
        worker.channels_.erase(this);
        --attachment.channels_open;
    }
    OpenChannel(const OpenChannel&) = delete;
    OpenChannel& operator=(const OpenChannel&) = delete;

    Worker& worker;
    Attachment& attachment;
    Channel channel;
    ChannelStream* stream = nullptr;  // once the service is connected
    bool denied = false;
};

void Worker::on_open(Attachment& attachment, const tunnel::Open& open) {
    if (!is_nonce(open.nonce)) {
        log::warn("channel.malformed", {{"agent", attachment.name.text()}});
        return;
    }
    if (stopping_) return refuse_channel(attachment, open, "restarting");
    const auto* channel =
        accounts_->find_channel(attachment.name, attachment.location, open.channel);
    if (channel == nullptr) return refuse_channel(attachment, open, "not_granted");
    if (attachment.channels_open >= channels_per_link_max)
        return refuse_channel(attachment, open, "limit");
    attachment.channels->spawn("channel", serve_channel(attachment, *channel, open));
}

void Worker::refuse_channel(Attachment& attachment, const tunnel::Open& open, std::string code) {
    ingress_.access_log().write({.exchange_id = open.nonce,
                                 .protocol = "channel",
                                 .peer = attachment.name.text(),
                                 .location = attachment.location,
                                 .code = code,
                                 .why = open.channel});
    reply(attachment, tunnel::OpenRefused{open.nonce, std::move(code)});
}

net::Task<void> Worker::serve_channel(Attachment& attachment, Channel channel, tunnel::Open open) {
    OpenChannel here(*this, attachment, channel);
    const auto target = net::HostPort::parse(channel.target);
    if (!target) co_return refuse_channel(attachment, open, "unreachable");
    auto connected =
        co_await net::dial(shared_.pool, loop_, target->host, target->port, net::ConnectOptions(),
                           net::deadline_in(channel_connect_time));
    if (!connected) {
        log::warn("channel.unreachable", {{"channel", channel.name},
                                          {"target", channel.target},
                                          {"error", to_text(connected.error())}});
        co_return refuse_channel(attachment, open, "unreachable");
    }
    ChannelStream stream(loop_, sweep_, std::move(*connected), ChannelStream::Limits());
    if (here.denied || !stream.attach()) co_return refuse_channel(attachment, open, "not_granted");
    here.stream = &stream;
    co_await carry(attachment, channel, open, stream);
    here.stream = nullptr;
}

net::Task<void> Worker::carry(Attachment& attachment, const Channel& channel,
                              const tunnel::Open& open, ChannelStream& stream) {
    Caller agent;
    agent.tenant_id = channel.tenant_id;
    const auto path = "/" + open.nonce;
    http::RequestHead asked;
    asked.method = "CHANNEL";
    Result<void> outcome;
    {
        AccessEntry entry(ingress_.access_log(), open.nonce, asked, stream.incoming(),
                          stream.answer());
        entry.asked_by(std::make_shared<const Caller>(std::move(agent)));
        entry.asked_for(channel.name, attachment.location);
        entry.sent_to(attachment.name.agent());
        http::RequestHead head;
        head.method = "CONNECT";
        head.authority = "agent";
        head.target = path;
        head.body = http::BodySize::until_end();
        outcome = co_await attachment.end.serve(head, entry.body(), entry.answer());
        if (!outcome) entry.failed(outcome.error());
    }
    if (!outcome) stream.cut();
    co_await stream.finish_output();
}

/// The accounts have changed: channels that were taken away end.
void Worker::judge_channels() {
    for (auto* open : channels_) {
        const auto* now = accounts_->find_channel(open->attachment.name, open->attachment.location,
                                                  open->channel.name);
        if (now != nullptr && now->target == open->channel.target) continue;
        open->denied = true;
        if (open->stream != nullptr) open->stream->cut();
    }
}

}  // namespace sallyport::hub
