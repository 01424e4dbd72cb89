#include "agent/sftp_backend.hpp"

#include "agent/exchange_audit.hpp"
#include "agent/file_fault.hpp"
#include "agent/refusals.hpp"
#include "agent/sftp_call.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <utility>
#include <variant>

namespace sallyport::agent {
namespace {

/// What is the caller's affair fills no log; what the server could not do is somebody's else.
void log_refusal(const http::RequestHead& head, const http::Refusal& refusal, const Error& error) {
    const auto level = refusal.status >= 500 ? log::Level::warn : log::Level::debug;
    log::write(level, "sftp.refused",
               {{"exchange", head.facts.exchange_id},
                {"virtual_host", head.authority},
                {"code", refusal.code},
                {"error", to_text(error)}});
}

}  // namespace

SftpBackend::SftpBackend(net::Loop& loop, net::IdleSweep& sweep,
                         std::unique_ptr<Connector> connector, mappings::Table table,
                         Options options)
    : loop_(loop),
      sweep_(sweep),
      connector_(std::move(connector)),
      table_(std::move(table)),
      options_(std::move(options)),
      pool_(loop, sweep, *connector_, options_.limits) {}

net::Task<Result<void>> SftpBackend::serve_as(const http::RequestHead& head, http::Body& up,
                                              http::Answer& down, LoginPtr) {
    auto outcome = co_await serve_files(head, up, down);
    co_return std::move(outcome.result);
}

net::Task<Result<void>> SftpBackend::serve_recorded(const http::RequestHead& head, http::Body& up,
                                                    http::Answer& down, LoginPtr,
                                                    ExchangeAudit& audit) {
    auto outcome = co_await serve_files(head, up, down);
    if (outcome.result && !outcome.reason.empty())
        audit.end_as(outcome.failed ? audit::outcome::failed : audit::outcome::answered,
                     outcome.reason);
    co_return std::move(outcome.result);
}

/// The exchange has judged already; this says by which rule.
const mappings::Rule* SftpBackend::rule_for(const http::RequestHead& head,
                                            std::string_view target) const {
    const mappings::Access access{
        .authority = head.authority, .target = target, .method = head.method};
    return table_.decide(access, std::chrono::system_clock::now()).rule;
}

net::Task<SftpBackend::Outcome> SftpBackend::serve_files(const http::RequestHead& head,
                                                         http::Body& up, http::Answer& down) {
    const auto refuse = [&](const http::Refusal& refusal) {
        http::answer(down, refusal, culprit, head.facts.exchange_id);
        const bool failed = refusal.status == 502 || refusal.status == 507;
        return Outcome{Result<void>(), refusal.code, failed};
    };
    const auto read = read_operation(head);
    if (const auto* no = std::get_if<http::Refusal>(&read)) co_return refuse(*no);
    const auto& operation = std::get<FileOperation>(read);
    Rules rules{rule_for(head, head.target)};
    if (operation.kind == FileOperation::Kind::move) {
        const auto target = read_destination(head);
        rules.destination = rule_for(head, std::get<std::string>(target));
    }
    const bool moves = operation.kind == FileOperation::Kind::move;
    if (rules.rule == nullptr || (moves && rules.destination == nullptr))
        co_return Outcome{Error{Errc::denied, "no rule allows it"}};
    auto done = co_await run(operation, rules, head, up, down);
    if (done) co_return Outcome{Result<void>()};
    const auto refusal = down.started() ? std::nullopt : file_refusal(done.error(), head.authority);
    if (!refusal) co_return Outcome{std::move(done)};
    log_refusal(head, *refusal, done.error());
    co_return refuse(*refusal);
}

net::Task<Result<void>> SftpBackend::run(const FileOperation& operation, const Rules& rules,
                                         const http::RequestHead& head, http::Body& up,
                                         http::Answer& down) {
    SftpWatch watch(sweep_, down, options_.times);
    auto freshness = SftpPool::Freshness::any;
    while (true) {
        auto lease = co_await pool_.take(down, freshness, watch.expired());
        if (!lease) co_return lease.error();
        lease->client->use(watch);
        watch.look_at(lease->client.get());
        SftpCall call{.loop = loop_,
                      .client = *lease->client,
                      .watch = watch,
                      .operation = operation,
                      .rule = *rules.rule,
                      .destination_rule = rules.destination,
                      .rules = table_.mappings().front().rules,
                      .base = options_.base,
                      .head = head,
                      .up = up,
                      .down = down};
        auto done = co_await serve_operation(call);
        watch.look_at(nullptr);
        // A channel that rested may have ended just then: nothing was done on it yet.
        const bool stale = !done && lease->reused && lease->client->failed() &&
                           call.real_base.empty() && watch.may_go_on();
        lease->doubtful = !done;
        pool_.put(std::move(*lease));
        if (!stale) co_return done;
        freshness = SftpPool::Freshness::fresh;
    }
}

}  // namespace sallyport::agent
