#include "hub/access_log.hpp"

#include "base/bytes.hpp"
#include "http/trace_context.hpp"
#include "hub/refusals.hpp"
#include "net/loop.hpp"

namespace sallyport::hub {
namespace {

/// What is not known is left out; what a client chose is cut to a length that a line can bear.
void add_known(log::Line& line, std::string_view key, std::string_view value) {
    line.add_known(key, value.substr(0, AccessLog::access_value_bytes_max));
}

/// In Proxy-Status, where the agent, not a back end, answers (docs/PROTOCOL.md#proxy).
constexpr std::string_view agent_culprit = "sallyport-agent";

}  // namespace

void AccessLog::write(const RefusedHandshake& refused) {
    if (level_ == AccessLevel::off || !log::enabled(log::Level::info)) return;
    line_.begin(log::Level::info, "exchange.refused");
    add_known(line_, "exchange", refused.exchange_id);
    add_known(line_, "location", refused.location);
    add_known(line_, "method", "CONNECT");
    add_known(line_, "via", refused.protocol);
    add_known(line_, "peer", refused.peer);
    add_known(line_, "code", refused.code);
    add_known(line_, "error", refused.why);
    line_.write();
}

AccessEntry::AccessEntry(AccessLog& log, std::string_view exchange_id,
                         const http::RequestHead& head, http::Body& up, http::Answer& down)
    : log_(log),
      level_(log.level_),
      up_(up),
      down_(down),
      fields_(head.fields),
      began_(net::Loop::now()),
      exchange_id_(exchange_id),
      method_(head.method),
      lasts_(head.method == "CONNECT" || head.method == "CHANNEL" || !head.upgrade.empty()) {
    log_.meter_.begins();
}

AccessEntry::~AccessEntry() {
    if (moved_) {
        log_.meter_.moved();
        return;
    }
    const auto what = outcome();
    const auto whole = net::Loop::now() - began_;
    log_.meter_.ended({.tenant = caller_ ? caller_->tenant_id : std::string_view(),
                       .outcome = what,
                       .status = status_,
                       .request_bytes = received_,
                       .response_bytes = sent_,
                       .whole = whole,
                       .lasts = lasts_});
    if (level_ == AccessLevel::off || !log::enabled(log::Level::info)) return;
    constexpr std::string_view answered = "exchange.answered";
    if (level_ == AccessLevel::all || what != answered) write_line(what, whole);
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

void AccessEntry::write_line(std::string_view outcome,
                             std::chrono::steady_clock::duration whole) const {
    using std::chrono::duration_cast;
    auto& line = log_.line_;
    line.begin(log::Level::info, outcome);
    add_known(line, "exchange", exchange_id_);
    add_known(line, "trace", http::trace_id_of(fields_));
    if (caller_) {
        add_known(line, "tenant", caller_->tenant_id);
        add_known(line, "client", caller_->client_id);
        add_known(line, "key", caller_->access_key);
    }
    add_known(line, "location", location_);
    add_known(line, "agent", agent_);
    add_known(line, "method", method_);
    add_known(line, "host", authority_);
    if (status_ != 0) line.add("status", static_cast<std::uint64_t>(status_));
    add_known(line, "code", code_);
    if (by_agent_) add_known(line, "by", "agent");
    if (failed_) add_known(line, "error", why_.message());
    line.add("received", received_);
    line.add("sent", sent_);
    const auto took = duration_cast<std::chrono::microseconds>(whole);
    line.add("us", static_cast<std::uint64_t>(took.count()));
    line.write();
}

}  // namespace sallyport::hub
