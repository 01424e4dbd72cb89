#include "forward/syslog_target.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret_file.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "forward/record_text.hpp"
#include "net/connect.hpp"
#include "net/within.hpp"

#include <array>

namespace sallyport::forward {
namespace {

constexpr std::size_t pem_bytes_max = 1024 * 1024;
/// Of what a receiver says, which means nothing, in one go.
constexpr std::size_t unheard_reads_max = 16;

Error in(const std::filesystem::path& file, const Error& error) {
    return {error.code, file.string() + ": " + error.detail};
}

Result<std::vector<certs::Certificate>> read_certificates(const std::filesystem::path& file) {
    const auto pem = read_file(file, pem_bytes_max);
    if (!pem) return pem.error();
    auto read = certs::read_chain_pem(*pem);
    if (!read) return in(file, read.error());
    return read;
}

}  // namespace

Result<std::shared_ptr<const net::TlsContext>> syslog_trust(const Settings& settings) {
    auto anchors = read_certificates(settings.ca_file);
    if (!anchors) return anchors.error();
    net::BackEndClientOptions options;
    options.anchors = *anchors;
    options.peer_is = "the syslog receiver";
    if (settings.certificate_file.empty()) return net::TlsContext::back_end_client(options);
    const auto chain = read_certificates(settings.certificate_file);
    if (!chain) return chain.error();
    const auto pem = read_secret_file(settings.key_file, pem_bytes_max);
    if (!pem) return pem.error();
    const auto key = certs::Key::from_pem(pem->reveal());
    if (!key) return in(settings.key_file, key.error());
    options.own = {*chain, &*key};
    return net::TlsContext::back_end_client(options);
}

SyslogTarget::SyslogTarget(Surroundings around, const Settings& settings, std::string_view program)
    : around_(around), settings_(settings), sender_(syslog_sender(program)) {}

net::Task<Result<void>> SyslogTarget::connect() {
    const auto deadline = net::deadline_in(connect_time);
    auto trust = syslog_trust(settings_);  // read each time: the files may have been replaced
    if (!trust) co_return trust.error();
    const net::ConnectOptions options{.user_timeout = stall_time};
    auto socket = co_await net::dial(around_.pool, around_.loop, settings_.host, settings_.port,
                                     options, deadline);
    if (!socket) co_return socket.error();
    auto tls = net::TlsDuplex::client(std::move(*trust), std::move(*socket), settings_.host);
    if (!tls) co_return tls.error();
    auto greeted = co_await (*tls)->handshake(around_.loop, deadline);
    if (!greeted) co_return greeted.error();
    if (auto attached = (*tls)->attach(around_.loop, around_.event); !attached)
        co_return attached.error();
    wire_ = std::move(*tls);
    end_ = End::none;
    co_return Result<void>();
}

void SyslogTarget::add(const audit::Record& record, std::string_view line) {
    append_frame(pending_,
                 syslog_message(sender_, record, body_of(record, line, settings_.format)));
}

/// Receivers have nothing to say but that they go.
SyslogTarget::End SyslogTarget::heard_end() {
    std::array<std::byte, 1024> unheard;
    for (std::size_t reads = 0; reads < unheard_reads_max && end_ == End::none; ++reads) {
        const auto moved = wire_->read(unheard);
        if (moved.state == net::Moved::State::would_block) break;
        if (moved.state == net::Moved::State::ended) end_ = End::orderly;
        if (moved.state == net::Moved::State::failed) end_ = End::broken;
    }
    return end_;
}

Error SyslogTarget::lost(std::string_view what) const {
    const auto why = wire_->failure();
    return {Errc::cut, std::string(what) + (why.empty() ? "" : ": " + why)};
}

std::optional<Error> SyslogTarget::fault() {
    if (!wire_ || heard_end() == End::none) return std::nullopt;
    return lost("the receiver ended the connection");
}

/// Says whether everything has left us.
Result<bool> SyslogTarget::write_some() {
    while (sent_ < pending_.size()) {
        const auto moved = wire_->write(as_bytes(std::string_view(pending_).substr(sent_)));
        if (moved.state == net::Moved::State::would_block) return false;
        if (moved.state != net::Moved::State::ok) return lost("the connection broke");
        sent_ += moved.bytes;
    }
    return wire_->all_out();
}

net::Task<Result<void>> SyslogTarget::wait(net::Deadline deadline) {
    auto waiting = net::wait_for(around_.event);
    co_return co_await net::within(deadline, std::move(waiting));
}

net::Task<Result<void>> SyslogTarget::flush() {
    auto deadline = net::deadline_in(stall_time);
    while (true) {
        const auto before = sent_;
        const auto all = write_some();
        if (!all) co_return all.error();
        if (auto gone = fault()) co_return *gone;
        if (*all) break;
        if (sent_ > before) deadline = net::deadline_in(stall_time);
        if (auto waited = co_await wait(deadline); !waited)
            co_return Error{Errc::timed_out, "the receiver takes nothing"};
    }
    pending_.clear();
    sent_ = 0;
    co_return Result<void>();
}

/// What the receiver answers to our end, it says after it has read everything before.
net::Task<bool> SyslogTarget::finish() {
    if (!wire_ || end_ != End::none) co_return false;
    wire_->finish();
    const auto deadline = net::deadline_in(finish_time);
    while (heard_end() == End::none)
        if (auto waited = co_await wait(deadline); !waited) break;
    co_return end_ == End::orderly;
}

void SyslogTarget::close() {
    if (wire_) wire_->close();
    wire_.reset();
    pending_.clear();
    sent_ = 0;
}

}  // namespace sallyport::forward
