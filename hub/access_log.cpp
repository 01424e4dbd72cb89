#include "hub/access_log.hpp"

#include "base/bytes.hpp"
#include "base/log_line.hpp"
#include "hub/refusals.hpp"
#include "net/loop.hpp"

#include <array>
#include <charconv>

namespace sallyport::hub {
namespace {

void append_number(std::string& line, std::string_view key, std::uint64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    log::append(line, key, {digits.data(), end});
}

/// What is not known is left out; what a client chose is cut to a length that a line can bear.
void append_known(std::string& line, std::string_view key, std::string_view value) {
    if (!value.empty()) log::append(line, key, value.substr(0, AccessLog::access_value_bytes_max));
}

/// In Proxy-Status, where the agent, not a back end, answers (docs/PROTOCOL.md#proxy).
constexpr std::string_view agent_culprit = "sallyport-agent";

}  // namespace

void AccessLog::write(const RefusedHandshake& refused) {
    if (level_ == AccessLevel::off || !log::enabled(log::Level::info)) return;
    line_.assign("exchange.refused");
    append_known(line_, "exchange", refused.exchange_id);
    append_known(line_, "location", refused.location);
    append_known(line_, "method", "CONNECT");
    append_known(line_, "via", refused.protocol);
    append_known(line_, "peer", refused.peer);
    append_known(line_, "code", refused.code);
    append_known(line_, "error", refused.why);
    log::write_line(log::Level::info, line_);
}

AccessEntry::AccessEntry(AccessLog& log, std::string_view exchange_id,
                         const http::RequestHead& head, http::Body& up, http::Answer& down)
    : log_(log),
      level_(log.level_),
      up_(up),
      down_(down),
      exchange_id_(exchange_id),
      method_(head.method) {
    if (level_ != AccessLevel::off) began_ = net::Loop::now();
}

AccessEntry::~AccessEntry() {
    if (moved_ || level_ == AccessLevel::off || !log::enabled(log::Level::info)) return;
    const auto what = outcome();
    constexpr std::string_view answered = "exchange.answered";
    if (level_ == AccessLevel::all || what != answered) write_line(what);
}

void AccessEntry::consume(std::size_t bytes) {
    received_ += bytes;
    up_.consume(bytes);
}

void AccessEntry::start(const http::ResponseHead& head) {
    status_ = head.status;
    constexpr int errors_from = 400;
    if (head.status >= errors_from) by_agent_ = is_answer_of(head, agent_culprit);
    down_.start(head);
}

std::size_t AccessEntry::write(BytesView bytes) {
    const auto taken = down_.write(bytes);
    sent_ += taken;
    return taken;
}

std::string_view AccessEntry::outcome() const {
    if (failed_) return down_.aborted() ? "exchange.aborted" : "exchange.failed";
    if (!code_.empty() || by_agent_) return "exchange.refused";
    return status_ != 0 ? "exchange.answered" : "exchange.aborted";  // 0: it was cancelled
}

void AccessEntry::write_line(std::string_view outcome) const {
    using std::chrono::duration_cast;
    auto& line = log_.line_;
    line.assign(outcome);
    append_known(line, "exchange", exchange_id_);
    if (caller_) {
        append_known(line, "tenant", caller_->tenant_id);
        append_known(line, "client", caller_->client_id);
        append_known(line, "key", caller_->access_key);
    }
    append_known(line, "location", location_);
    append_known(line, "agent", agent_);
    append_known(line, "method", method_);
    append_known(line, "host", authority_);
    if (status_ != 0) append_number(line, "status", static_cast<std::uint64_t>(status_));
    append_known(line, "code", code_);
    if (by_agent_) append_known(line, "by", "agent");
    if (failed_) append_known(line, "error", why_.message());
    append_number(line, "received", received_);
    append_number(line, "sent", sent_);
    const auto took = duration_cast<std::chrono::microseconds>(net::Loop::now() - began_);
    append_number(line, "us", static_cast<std::uint64_t>(took.count()));
    log::write_line(log::Level::info, line);
}

}  // namespace sallyport::hub
