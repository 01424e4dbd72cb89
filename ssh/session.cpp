#include "ssh/session.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "ssh/channel.hpp"
#include "ssh/engine.hpp"
#include "ssh/opening.hpp"

#include <algorithm>
#include <array>

namespace sallyport::ssh {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;
/// What libssh2 has not looked at yet; the rest waits in the kernel.
constexpr std::size_t unread_bytes = 256 * 1024;

}  // namespace

Session::Session(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<net::Duplex> wire,
                 std::shared_ptr<Engine> engine, Options options)
    : loop_(loop),
      sweep_(sweep),
      options_(std::move(options)),
      engine_(std::move(engine)),
      wire_(std::move(wire)),
      started_(loop.turn),
      closing_(std::make_unique<Closing>()) {}

Session::~Session() {
    // While we log on, the engine may be at work on another thread.
    if (starting_ || dead_) return;
    engine_->hang_up();
    wire_->write(engine_->unsent());
}

std::string Session::name() const {
    return options_.user + "@" + options_.host + ":" + std::to_string(options_.port);
}

std::size_t Session::channels() const {
    const auto asked =
        std::ranges::count_if(openings_, [](const auto& one) { return !one->is_ping(); });
    return channels_.size() + static_cast<std::size_t>(asked) + closing_->channels.size();
}

bool Session::congested() const { return engine_->unsent().size() >= unsent_bytes; }

bool Session::is_out(std::uint64_t when) const {
    return engine_->taken() >= when && wire_->all_out();
}

void Session::on_ready() {
    if (starting_) return started_.set();
    pump();
}

void Session::pump() {
    const auto self = shared_from_this();  // whoever is told may let go of the last channel
    if (!dead_) {
        if (fetch()) schedule();
        go_on_opening();
        drain();
        go_on_closing();
    }
    for (auto* channel : channels_) channel->look();
    if (!dead_) flush();
    tell();
}

/// From the wire to libssh2. Says whether there is more than fits.
bool Session::fetch() {
    std::array<std::byte, read_bytes> chunk;
    while (!dead_) {
        if (engine_->unread() >= unread_bytes) return true;
        const auto moved = wire_->read(chunk);
        if (moved.state == net::Moved::State::would_block) return false;
        if (moved.state == net::Moved::State::ok) {
            engine_->receive(BytesView(chunk).first(moved.bytes));
            received_ += moved.bytes;
            continue;
        }
        auto why = wire_->failure();
        if (why.empty() && moved.state == net::Moved::State::failed) why = moved.error.message();
        if (why.empty()) why = "the SSH server ended the connection";
        fail({Fault::unreachable, std::move(why)});
    }
    return false;
}

void Session::flush() {
    while (!dead_ && !engine_->unsent().empty()) {
        const auto moved = wire_->write(engine_->unsent());
        if (moved.state == net::Moved::State::would_block) return;
        if (moved.state != net::Moved::State::ok)
            return fail({Fault::unreachable, moved.error.message()});
        engine_->sent(moved.bytes);
        for (auto* channel : channels_) channel->look_whether_out();
        if (!engine_->unsent().empty()) continue;
        for (auto* channel : channels_) channel->look();
    }
}

/// Lets libssh2 take in what has come, whoever it is for.
void Session::drain() {
    if (dead_) return;
    if (!channels_.empty()) return channels_.front()->drain();
    if (closing_->channels.empty()) {
        // Without a channel only a question makes libssh2 listen.
        if (openings_.empty() && engine_->unread() > 0) ping();
        return;
    }
    char nothing = 0;
    const auto done = libssh2_channel_read(closing_->channels.front(), &nothing, 0);
    if (done < 0 && done != LIBSSH2_ERROR_EAGAIN) fail({Fault::unreachable, engine_->last_text()});
}

void Session::release(Channel& channel) {
    std::erase(channels_, &channel);
    if (dead_) return;  // everything goes with the session
    closing_->add(*this, channel.handle_);
    schedule();
}

/// As soon as the server has closed it too. libssh2 keeps to itself what goes wrong with the wire
/// meanwhile, but remembers it.
void Session::Closing::add(Session& session, LIBSSH2_CHANNEL* channel) {
    auto& engine = *session.engine_;
    engine.forget_failure();
    if (libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN) channels.push_back(channel);
    if (engine.is_broken()) session.fail({Fault::unreachable, engine.last_text()});
}

void Session::go_on_closing() {
    if (dead_) return;
    for (auto* channel : std::exchange(closing_->channels, {}))
        if (!dead_) closing_->add(*this, channel);
}

/// Whoever is told may do anything with any channel, this one included.
void Session::tell() {
    while (true) {
        const auto found = std::ranges::find_if(channels_, [](const Channel* channel) {
            return channel->to_tell_ && channel->ready_ != nullptr;
        });
        if (found == channels_.end()) return;
        (*found)->to_tell_ = false;
        (*found)->ready_->on_ready();
    }
}

void Session::fail(Error error) {
    if (dead_) return;
    dead_ = std::move(error);
    engine_->cut();
    sweep_.remove(*this);
    wire_->reset();
    for (const auto& opening : openings_) {
        if (opening->waiter == nullptr) continue;
        opening->waiter->opening = nullptr;
        opening->waiter->result = *dead_;
        opening->waiter->event.set();
    }
    openings_.clear();
    if (starting_) return;
    schedule();  // the channels learn it at the end of the turn
    if (dead_->code != Errc::closed)
        log::warn("ssh.lost", {{"server", name()}, {"error", to_text(*dead_)}});
}

void Session::on_deadline() {
    if (dead_) return;
    const auto now = net::Loop::now();
    const bool heard = received_ != received_before_;
    received_before_ = received_;
    if (channels() > 0) idle_since_ = now;
    if (now - idle_since_ >= options_.idle_timeout) {
        engine_->hang_up();
        flush();
        return fail({Errc::closed, "nobody used it"});
    }
    if (asked_ && !heard) return fail({Fault::unreachable, "the SSH server gives no sign of life"});
    // An answer that takes its time to come does not say that the server is gone, up to a point;
    // the kernel notices when it takes no bytes any more.
    if (!heard && !openings_.empty() && openings_.front()->begun &&
        now - openings_.front()->begun_at >= options_.opening_patience)
        return fail({Fault::unreachable, "the SSH server does not answer"});
    asked_ = !heard && openings_.empty();
    if (asked_) ping();
    sweep_.add(*this, net::deadline_in(asked_ ? options_.patience : options_.keepalive));
}

}  // namespace sallyport::ssh
