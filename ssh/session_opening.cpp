#include "base/error.hpp"
#include "net/within.hpp"
#include "ssh/channel.hpp"
#include "ssh/engine.hpp"
#include "ssh/opening.hpp"
#include "ssh/session.hpp"

#include <algorithm>

namespace sallyport::ssh {
namespace {

using Connection = Result<std::unique_ptr<net::Duplex>>;

constexpr std::uint32_t packet_bytes = 32 * 1024;

void put_number(std::string& message, std::size_t value) {
    for (const int shift : {24, 16, 8, 0})
        message.push_back(static_cast<char>(value >> shift & 0xff));
}

void put_text(std::string& message, std::string_view text) {
    put_number(message, text.size());
    message.append(text);
}

/// libssh2 tells the server's reason (RFC 4254 section 5.1) in words only.
Error refused(const std::string& target, const std::string& text) {
    if (text.find("prohibited") != text.npos)
        return Error{Fault::forbidden, "the SSH server does not allow a channel to " + target +
                                           " (permitopen of the key, AllowTcpForwarding and "
                                           "PermitOpen of sshd_config)"};
    if (text.find("connect failed") != text.npos)
        return Error{Fault::target_unreachable, "the SSH server cannot reach " + target};
    return Error{Fault::forbidden, "the SSH server opens no channel to " + target + ": " + text};
}

}  // namespace

net::Task<Connection> Session::open_direct(std::string host, std::uint16_t port,
                                           net::Deadline deadline) {
    auto opening = std::make_unique<Opening>();
    opening->type = "direct-tcpip";
    put_text(opening->message, host);
    put_number(opening->message, port);
    put_text(opening->message, "127.0.0.1");  // who asks, for the server's log
    put_number(opening->message, 0);
    opening->target = host + ":" + std::to_string(port);
    return open(std::move(opening), deadline);
}

net::Task<Connection> Session::open_subsystem(std::string name, net::Deadline deadline) {
    auto opening = std::make_unique<Opening>();
    opening->type = "session";
    opening->target = "subsystem " + name;
    opening->subsystem = std::move(name);
    return open(std::move(opening), deadline);
}

net::Task<Connection> Session::open(std::unique_ptr<Opening> opening, net::Deadline deadline) {
    const auto self = shared_from_this();
    if (dead_) co_return *dead_;
    if (channels() >= channels_max)
        co_return Error{Errc::limit, "too many channels of the SSH session are in use"};
    const auto target = opening->target;
    Waiter waiter(loop_.turn, *opening);
    openings_.push_back(std::move(opening));
    schedule();
    while (!waiter.result) {
        const auto patience = net::deadline_in(stuck_after);
        const auto until = waiter.opening->begun ? deadline : std::min(deadline, patience);
        auto wait = net::wait_for(waiter.event);
        const auto woken = co_await net::within(until, std::move(wait));
        if (woken || waiter.result) continue;
        if (net::Loop::now() >= deadline)
            co_return Error{Errc::timed_out,
                            "the SSH server did not say in time whether it reaches " + target};
        if (!waiter.opening->begun && !stuck_on().empty())
            co_return Error{Errc::not_begun, "the SSH server is busy with " + stuck_on()};
    }
    co_return std::move(*waiter.result);
}

std::string Session::stuck_on() const {
    if (openings_.empty() || !openings_.front()->begun) return {};
    const auto& front = *openings_.front();
    const bool is_stuck = net::Loop::now() - front.begun_at >= stuck_after;
    if (!is_stuck) return {};
    return front.is_ping() ? "an answer" : front.target;
}

bool Session::in_use() const {
    return !channels_.empty() || std::ranges::any_of(openings_, [](const auto& opening) {
        return opening->waiter != nullptr;
    });
}

/// A channel of a type that nobody knows: the server has to say so (RFC 4254 section 5.1). Answers
/// to libssh2's own keepalive would pile up in it.
void Session::ping() {
    auto opening = std::make_unique<Opening>();
    opening->type = "keepalive@sallyport";
    openings_.push_back(std::move(opening));
    schedule();
}

void Session::go_on_opening() {
    while (!dead_ && !openings_.empty()) {
        auto& front = *openings_.front();
        const bool is_wanted = front.begun || front.waiter != nullptr || front.is_ping();
        if (is_wanted && !go_on(front)) return;
        if (!dead_) openings_.pop_front();
    }
}

/// Says whether it is over.
bool Session::go_on(Opening& opening) {
    if (!opening.begun) {
        opening.begun = true;
        opening.begun_at = net::Loop::now();
    }
    if (opening.channel == nullptr) {
        opening.channel = libssh2_channel_open_ex(
            engine_->raw(), opening.type.data(), static_cast<unsigned>(opening.type.size()),
            opening.subsystem.empty() ? window_bytes : subsystem_window_bytes, packet_bytes,
            opening.message.data(), static_cast<unsigned>(opening.message.size()));
        if (opening.channel == nullptr) {
            if (engine_->would_block()) return false;
            const auto code = engine_->last_code();
            const auto text = engine_->last_text();
            if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
                opened(opening, refused(opening.target, text));
            } else if (code == LIBSSH2_ERROR_TIMEOUT) {
                // It may still answer, and libssh2 would not know what to.
                retired_ = true;
                opened(opening, Error{Errc::timed_out, "the SSH server did not answer"});
            } else {
                fail({Fault::unreachable, text});
            }
            return true;
        }
        libssh2_channel_handle_extended_data2(opening.channel,
                                              LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
    }
    if (!opening.subsystem.empty()) {
        constexpr std::string_view request = "subsystem";
        const int done = libssh2_channel_process_startup(
            opening.channel, request.data(), request.size(), opening.subsystem.data(),
            static_cast<unsigned>(opening.subsystem.size()));
        if (done == LIBSSH2_ERROR_EAGAIN) return false;
        if (done != 0) {
            opened(opening, Error{Fault::forbidden, "the SSH server refuses the " + opening.target +
                                                        ": " + engine_->last_text()});
            return true;
        }
    }
    opened(opening, {});
    return true;
}

void Session::opened(Opening& opening, Result<void> outcome) {
    if (opening.is_ping()) {
        asked_ = false;
        ++signs_of_life_;
        sweep_.add(*this, net::deadline_in(options_.keepalive));
    }
    auto* const waiter = opening.waiter;
    auto* const unwanted = waiter == nullptr || !outcome ? opening.channel : nullptr;
    if (waiter != nullptr) answer(opening, *waiter, outcome);
    if (unwanted != nullptr) closing_->add(*this, unwanted);  // may end all openings
}

void Session::answer(Opening& opening, Waiter& asked, const Result<void>& outcome) {
    auto* const waiter = &asked;
    waiter->opening = nullptr;
    opening.waiter = nullptr;
    if (outcome)
        waiter->result = Connection(std::make_unique<Channel>(
            shared_from_this(), opening.channel, opening.target + " through " + name()));
    else
        waiter->result = outcome.error();
    waiter->event.set();
}

}  // namespace sallyport::ssh
