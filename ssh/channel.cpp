#include "ssh/channel.hpp"

#include "base/error.hpp"
#include "ssh/engine.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::ssh {
namespace {

using net::Moved;

constexpr std::size_t buffers_max = 16;

}  // namespace

Channel::Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* handle, std::string target)
    : session_(std::move(session)), handle_(handle), target_(std::move(target)) {
    session_->channels_.push_back(this);
}

Channel::~Channel() { close(); }

Result<void> Channel::attach(net::Loop& loop, net::Ready& ready) {
    if (&loop != &session_->loop_)
        return Error{Errc::unsupported, "a channel stays on the loop of its SSH session"};
    if (closed_) return Error{Errc::closed, "channel"};
    ready_ = &ready;
    readable_ = to_tell_ = true;
    session_->schedule();
    return {};
}

Moved Channel::read(std::span<std::byte> into) {
    if (is_dead()) return failed();
    if (!readable_) return {};
    // Packets of other channels may come to light, and the window may have to be told.
    session_->schedule();
    std::size_t bytes = 0;
    while (bytes < into.size()) {
        fill();
        const auto part = staged().first(std::min(staged().size(), into.size() - bytes));
        if (part.empty()) break;
        std::memcpy(into.data() + bytes, part.data(), part.size());
        staged_from_ += part.size();
        bytes += part.size();
    }
    if (bytes == into.size()) return {Moved::State::ok, bytes, {}};
    if (is_dead() && bytes == 0) return failed();
    if (bytes == 0 && libssh2_channel_eof(handle_) == 1) return {Moved::State::ended, 0, {}};
    readable_ = false;  // what comes later is told
    if (bytes == 0) return {};
    return {Moved::State::ok, bytes, {}};
}

/// From libssh2 to the stage, if that is empty. A call that libssh2 broke off for an exchange of
/// keys must be repeated as it was: otherwise it tells the server one window and counts with
/// another, and drops what does not fit. So each call asks for as much as the one before.
void Channel::fill() {
    if (is_dead() || !staged().empty()) return;
    stage_.resize(stage_bytes);
    const auto count =
        libssh2_channel_read(handle_, reinterpret_cast<char*>(stage_.data()), stage_.size());
    staged_from_ = 0;
    staged_to_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    nothing_until_.reset();
    if (count == LIBSSH2_ERROR_EAGAIN)
        nothing_until_ = session_->received_;
    else if (count < 0)
        session_->fail({Fault::unreachable, session_->engine_->last_text()});
}

/// Lets libssh2 take in what has come, whoever it is for.
void Channel::drain() {
    if (staged().empty()) return fill();
    // No call is broken off now, and the window is wide enough for one that wants nothing.
    char nothing = 0;
    const auto done = libssh2_channel_read(handle_, &nothing, 0);
    if (done < 0 && done != LIBSSH2_ERROR_EAGAIN)
        session_->fail({Fault::unreachable, session_->engine_->last_text()});
}

Moved Channel::write(std::span<const BytesView> buffers) {
    if (is_dead()) return failed();
    if (peer_closed_)
        return {Moved::State::failed, 0, make_error_code(boost::system::errc::broken_pipe)};
    if (finishing_) return {Moved::State::failed, 0, make_error_code(Errc::closed)};
    push();
    if (is_dead()) return failed();
    if (!has_room()) {
        writable_ = false;
        session_->schedule();
        return {};
    }
    std::size_t taken = 0;
    for (const auto& buffer : buffers.first(std::min(buffers.size(), buffers_max))) {
        const auto part = buffer.first(std::min(buffer.size(), write_bytes_max - taken));
        unsent_.insert(unsent_.end(), part.begin(), part.end());
        taken += part.size();
    }
    push();
    session_->schedule();
    if (is_dead()) return failed();
    return {Moved::State::ok, taken, {}};
}

/// Hands to libssh2 what it takes. A write that it broke off for an exchange of keys goes on with
/// the same bytes, since they stay here.
void Channel::push() {
    while (unsent_from_ < unsent_.size()) {
        if (session_->congested()) return;
        const auto rest = BytesView(unsent_).subspan(unsent_from_);
        const auto count =
            libssh2_channel_write(handle_, reinterpret_cast<const char*>(rest.data()), rest.size());
        if (count == 0 || count == LIBSSH2_ERROR_EAGAIN) return;
        if (count == LIBSSH2_ERROR_CHANNEL_CLOSED) {
            peer_closed_ = true;
            break;
        }
        if (count < 0) return session_->fail({Fault::unreachable, session_->engine_->last_text()});
        unsent_from_ += static_cast<std::size_t>(count);
        out_when_ = session_->engine_->given();
    }
    unsent_.clear();
    unsent_from_ = 0;
    if (finishing_ && !end_sent_) send_end();
}

void Channel::send_end() {
    const int done = libssh2_channel_send_eof(handle_);
    if (done == LIBSSH2_ERROR_EAGAIN) return;
    end_sent_ = true;  // or it is too late to say it
    out_when_ = session_->engine_->given();
}

void Channel::finish() {
    if (finishing_ || is_dead()) return;
    finishing_ = true;
    push();
    session_->schedule();
}

bool Channel::is_out() const {
    return is_dead() || peer_closed_ ||
           (unsent_.empty() && (!finishing_ || end_sent_) && session_->is_out(out_when_));
}

bool Channel::all_out() const {
    const bool out = is_out();
    if (!out) waits_for_out_ = true;
    return out;
}

void Channel::close() {
    if (closed_) return;
    closed_ = true;
    ready_ = nullptr;
    session_->release(*this);
    handle_ = nullptr;
}

bool Channel::quiet() const {
    if (is_dead()) return false;
    session_->fetch();
    session_->drain();
    session_->schedule();
    return !is_dead() && !has_input();
}

std::string Channel::failure() const {
    return session_->dead_ ? to_text(*session_->dead_) : std::string();
}

Moved Channel::failed() const {
    if (closed_) return {Moved::State::failed, 0, make_error_code(Errc::closed)};
    return {Moved::State::failed, 0, session_->dead_->code};
}

/// Nothing can have changed for us since libssh2 or we last looked.
bool Channel::is_blocked() const {
    return nothing_until_ == session_->received_ && session_->engine_->unread() == 0;
}

bool Channel::has_input() const {
    return !staged().empty() || libssh2_poll_channel_read(handle_, 0) == 1 ||
           libssh2_channel_eof(handle_) == 1;
}

bool Channel::has_room() const {
    return unsent_.empty() && !session_->congested() && libssh2_channel_window_write(handle_) > 0;
}

void Channel::look() {
    if (is_dead()) {
        if (!std::exchange(told_of_death_, true)) to_tell_ = true;
        return;
    }
    push();
    if (is_dead()) return look();
    look_for_input();
    if (is_dead()) return look();
    if (!writable_ && (peer_closed_ || has_room())) writable_ = to_tell_ = true;
    look_whether_out();
}

/// Looking is dear where much waits to be read, of other channels as well: once for all that has
/// come.
void Channel::look_for_input() {
    if (is_blocked()) return;
    if (!readable_ && has_input()) readable_ = to_tell_ = true;
    // The server closes only what has ended in both directions.
    if (!peer_closed_ && staged().empty() && libssh2_channel_eof(handle_) == 1) {
        const int closed = libssh2_channel_wait_closed(handle_);
        if (closed == 0)
            peer_closed_ = to_tell_ = true;
        else if (closed != LIBSSH2_ERROR_EAGAIN)
            return session_->fail({Fault::unreachable, session_->engine_->last_text()});
    }
    if (session_->engine_->unread() == 0) nothing_until_ = session_->received_;
}

void Channel::look_whether_out() {
    if (!waits_for_out_ || !is_out()) return;
    waits_for_out_ = false;
    to_tell_ = true;
}

}  // namespace sallyport::ssh
