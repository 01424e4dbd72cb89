#include "agent/exchange_measure.hpp"

#include "net/loop.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::agent {
namespace {

constexpr int statuses_per_class = 100;

std::size_t index_of(std::string_view outcome) {
    const auto& names = MappingCounts::outcomes;
    const auto found = std::ranges::find(names, outcome);
    return std::min(static_cast<std::size_t>(found - names.begin()), names.size() - 1);
}

std::uint64_t microseconds_in(std::chrono::steady_clock::duration time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

ExchangeMeasure::~ExchangeMeasure() {
    if (counts_ != nullptr) --counts_->running;
    if (rule_ != nullptr) --rule_->running;
}

void ExchangeMeasure::decided(const mappings::Mapping* mapping, std::size_t rule_number,
                              std::chrono::steady_clock::time_point opened) {
    counts_ = &meter_.of(mapping);
    ++counts_->running;
    rule_ = meter_.of(mapping, rule_number);
    if (rule_ != nullptr) ++rule_->running;
    step_ = net::Loop::now();
    times_.policy = step_ - opened;
    meter_.policy.add(times_.policy);
}

void ExchangeMeasure::has_principal() {
    const auto now = net::Loop::now();
    times_.principal = now - step_;
    step_ = now;
    meter_.principal.add(times_.principal);
}

void ExchangeMeasure::admitted() {
    admitted_ = net::Loop::now();
    times_.audit = admitted_ - step_;
    meter_.audit.add(times_.audit);
    counts_->accessed = admitted_;
    if (rule_ != nullptr) rule_->accessed = admitted_;
}

void ExchangeMeasure::answered(std::chrono::steady_clock::time_point head_at) {
    if (head_at > admitted_) times_.head = head_at - admitted_;
}

void ExchangeMeasure::ended(const audit::Entry::End& end) {
    if (counts_ == nullptr) decided(nullptr, 0, end.opened);  // it came to no decision
    times_.whole = end.closed - end.opened;
    if (admitted_ != Time{}) times_.backend = end.closed - admitted_;
    count(end);
    if (!lasts_)
        meter_.slowest.add({.exchange = end.exchange.exchange,
                            .virtual_host = end.exchange.virtual_host,
                            .method = end.exchange.method,
                            .path = end.exchange.path,
                            .outcome = MappingCounts::outcomes[index_of(end.outcome.outcome)],
                            .status = end.outcome.status,
                            .request_bytes = end.request_bytes,
                            .response_bytes = end.response_bytes,
                            .times = times_},
                           end.closed);
    if (log::enabled(log::Level::debug)) write_line(end);
}

void ExchangeMeasure::count(const audit::Entry::End& end) {
    ++counts_->ended[index_of(end.outcome.outcome)];
    counts_->request_bytes += end.request_bytes;
    counts_->response_bytes += end.response_bytes;
    if (admitted_ == Time{}) return;
    counts_->whole.add(times_.whole);
    if (rule_ != nullptr) {
        ++rule_->calls;
        rule_->request_bytes += end.request_bytes;
        rule_->response_bytes += end.response_bytes;
    }
    if (times_.head.count() == 0) return;
    counts_->head.add(times_.head);
    const auto status_class = static_cast<std::size_t>(end.outcome.status / statuses_per_class);
    if (status_class >= 1 && status_class <= MappingCounts::status_classes)
        ++counts_->answers[status_class - 1];
}

void ExchangeMeasure::write_line(const audit::Entry::End& end) {
    const auto& exchange = end.exchange;
    line_.begin(log::Level::debug, "exchange.ended");
    const auto texts = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"exchange", exchange.exchange},
         {"trace", exchange.trace},
         {"tenant", exchange.tenant},
         {"client", exchange.client},
         {"hub", exchange.hub},
         {"location", exchange.location},
         {"virtual_host", exchange.virtual_host},
         {"internal", exchange.internal_host},
         {"method", exchange.method},
         {"path", exchange.path.substr(0, exchange.path.find('?'))},
         {"rule", exchange.rule},
         {"outcome", end.outcome.outcome},
         {"reason", end.outcome.reason}});
    for (const auto& [key, text] : texts)
        line_.add_known(key, text.substr(0, line_value_bytes_max));
    if (end.outcome.status != 0)
        line_.add("status", static_cast<std::uint64_t>(end.outcome.status));
    line_.add("received", end.request_bytes);
    line_.add("sent", end.response_bytes);
    line_.add("us", microseconds_in(times_.whole));
    line_.add("policy_us", microseconds_in(times_.policy));
    if (times_.principal.count() != 0) line_.add("principal_us", microseconds_in(times_.principal));
    if (admitted_ != Time{}) {
        line_.add("audit_us", microseconds_in(times_.audit));
        line_.add("backend_us", microseconds_in(times_.backend));
    }
    if (times_.head.count() != 0) line_.add("head_us", microseconds_in(times_.head));
    line_.write();
}

}  // namespace sallyport::agent
