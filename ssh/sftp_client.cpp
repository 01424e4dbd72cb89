#include "ssh/sftp_client.hpp"

#include "base/error.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace sallyport::ssh {
namespace {

constexpr std::size_t input_bytes = 4 + sftp_packet_bytes_max;
constexpr std::size_t read_bytes_min = 64 * 1024;       // room worth a read
constexpr std::size_t received_per_turn = 1024 * 1024;  // then others have their turn
constexpr int writes_per_flush = 8;
constexpr std::size_t kept_bytes = 1024 * 1024;

}  // namespace

SftpClient::SftpClient(net::Loop& loop, std::unique_ptr<net::Duplex> channel)
    : loop_(loop),
      channel_(std::move(channel)),
      in_(std::make_unique_for_overwrite<std::byte[]>(input_bytes)) {}

SftpClient::~SftpClient() {
    if (!failure_) flush();  // a temporary file may have to go
    channel_->detach();
}

net::Task<Result<std::unique_ptr<SftpClient>>> SftpClient::open(
    net::Loop& loop, std::unique_ptr<net::Duplex> channel, net::Deadline deadline) {
    net::Event event(loop.turn);  // goes last: a client that dies may still set it
    std::unique_ptr<SftpClient> client(new SftpClient(loop, std::move(channel)));
    client->hello_ = &event;
    if (auto attached = client->channel_->attach(loop, *client); !attached)
        co_return attached.error();
    auto greeting = client->say_hello(event);
    const auto greeted = co_await net::within(deadline, std::move(greeting));
    client->hello_ = nullptr;
    if (!greeted) co_return greeted.error();
    co_return client;
}

net::Task<Result<void>> SftpClient::say_hello(net::Event& event) {
    append_sftp_init(out_);
    send();
    while (!greeted_) {
        if (auto received = receive(); !received) co_return received.error();
        if (!greeted_) co_await event.wait();
    }
    if (version_.version != sftp_version)
        co_return Error{Errc::unsupported, "the server speaks version " +
                                               std::to_string(version_.version) +
                                               " of SFTP; version 3 is needed"};
    co_return Result<void>();
}

void SftpClient::use(SftpUser& user) {
    owner_ = nullptr;
    user_ = &user;
}

void SftpClient::rest(SftpOwner& owner) {
    user_ = nullptr;
    owner_ = &owner;
    wants_room_ = false;
    receives_again_ = true;  // what came since the user looked, nobody would be told of again
    send();
}

std::uint32_t SftpClient::expect(SftpReceiver* to, bool opens) {
    while (pending_.contains(next_id_)) ++next_id_;
    const auto id = next_id_++;
    pending_.emplace(id, Pending{to, opens, sent_ + (out_.size() - out_sent_)});
    send();
    return id;
}

void SftpClient::close_later(std::string_view handle) {
    SftpRequest(out_, SftpType::close, expect(nullptr)).text(handle);
}

void SftpClient::remove_later(std::string_view path) {
    SftpRequest(out_, SftpType::remove, expect(nullptr)).text(path);
}

std::uint32_t SftpClient::send_read(SftpReceiver& to, std::string_view handle, std::uint64_t offset,
                                    std::uint32_t bytes) {
    const auto id = expect(&to);
    SftpRequest(out_, SftpType::read, id).text(handle).long_number(offset).number(bytes);
    return id;
}

std::uint32_t SftpClient::send_write(SftpReceiver& to, std::string_view handle,
                                     std::uint64_t offset, BytesView bytes) {
    const auto id = expect(&to);
    SftpRequest(out_, SftpType::write, id).text(handle).long_number(offset).text(as_text(bytes));
    return id;
}

bool SftpClient::room() {
    if (out_.size() - out_sent_ <= queued_bytes_max && pending_.size() < requests_max) return true;
    wants_room_ = true;
    return false;
}

void SftpClient::forget(const SftpReceiver& receiver) {
    for (auto& [id, pending] : pending_)
        if (pending.to == &receiver) pending.to = nullptr;
}

void SftpClient::send() { loop_.turn.at_flush(*this); }

void SftpClient::end_of_turn() {
    flush();
    if (std::exchange(receives_again_, false)) on_ready();
}

void SftpClient::flush() {
    for (int writes = 0; out_sent_ < out_.size() && !failure_; ++writes) {
        // What the channel took at once says nothing about what follows: nobody would wake us.
        if (writes == writes_per_flush) return send();
        const auto moved = channel_->write(as_bytes(std::string_view(out_).substr(out_sent_)));
        if (moved.state == net::Moved::State::would_block) break;
        if (moved.state != net::Moved::State::ok) {
            (void)fail({moved.error, channel_->failure()});
            return;
        }
        out_sent_ += moved.bytes;
        sent_ += moved.bytes;
    }
    if (out_sent_ == out_.size()) {
        out_sent_ = 0;
        if (out_.capacity() > kept_bytes) out_ = std::string();
        out_.clear();
    } else if (out_sent_ > queued_bytes_max / 2) {
        out_.erase(0, out_sent_);
        out_sent_ = 0;
    }
    if (wants_room_ && out_.size() - out_sent_ <= queued_bytes_max / 2) {
        wants_room_ = false;
        tell_user();
    }
}

void SftpClient::tell_user() {
    if (hello_ != nullptr) hello_->set();
    if (user_ != nullptr) user_->event().set();
}

void SftpClient::on_ready() {
    flush();
    tell_user();
    if (user_ != nullptr || owner_ == nullptr) return;
    if (!receive()) return owner_->on_lost();
    if (pending_.empty()) owner_->on_answered();
}

Result<void> SftpClient::receive() {
    for (std::size_t taken = 0; !failure_;) {
        if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
        if (input_bytes - in_end_ < read_bytes_min && in_begin_ > 0) {
            std::memmove(in_.get(), in_.get() + in_begin_, in_end_ - in_begin_);
            in_end_ -= in_begin_;
            in_begin_ = 0;
        }
        const auto moved = channel_->read({in_.get() + in_end_, input_bytes - in_end_});
        if (moved.state == net::Moved::State::would_block) return {};
        if (moved.state == net::Moved::State::failed) fail({moved.error, channel_->failure()});
        if (moved.state == net::Moved::State::ended)
            fail({Errc::cut, "the SFTP server ended the session " + channel_->failure()});
        if (moved.state != net::Moved::State::ok) break;
        in_end_ += moved.bytes;
        received_ += moved.bytes;
        taken += moved.bytes;
        if (auto done = take_packets(); !done) return fail(done.error());
        if (taken < received_per_turn) continue;
        receives_again_ = true;
        send();
        return {};
    }
    return *failure_;
}

Result<void> SftpClient::take_packets() {
    while (true) {
        const BytesView all(in_.get() + in_begin_, in_end_ - in_begin_);
        const auto length = sftp_packet_length(all);
        if (!length) return length.error();
        if (!*length || all.size() < 4 + **length) return {};
        in_begin_ += 4 + **length;
        if (auto done = dispatch(all.subspan(4, **length)); !done) return done.error();
    }
}

Result<void> SftpClient::dispatch(BytesView packet) {
    if (!greeted_) {
        auto version = parse_sftp_version(packet);
        if (!version) return version.error();
        version_ = *version;
        greeted_ = true;
        return {};
    }
    const auto reply = parse_sftp_reply(packet);
    if (!reply) return reply.error();
    const auto found = pending_.find(reply->id);
    if (found == pending_.end())
        return Error{Errc::protocol, "the SFTP server answered what it was not asked"};
    const auto pending = found->second;
    // Else a server that guesses numbers could make us ask faster than it reads.
    if (pending.begins >= sent_)
        return Error{Errc::protocol, "the SFTP server answered before it was asked"};
    pending_.erase(found);
    if (wants_room_ && pending_.size() < requests_max) send();  // flush() tells who waits
    if (pending.to != nullptr) return pending.to->on_reply(*reply);
    if (pending.opens && reply->type == SftpType::handle) close_later(reply->text);
    return {};
}

Error SftpClient::fail(Error why) {
    if (failure_) return *failure_;
    failure_ = std::move(why);
    channel_->close();
    out_.clear();
    out_sent_ = 0;
    tell_user();
    return *failure_;
}

}  // namespace sallyport::ssh
