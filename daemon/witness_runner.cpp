#include "daemon/witness_runner.hpp"

#include "audit/render.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/json_text.hpp"
#include "net/blocking_pool.hpp"
#include "net/within.hpp"
#include "tlog/note.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

/// The line of this witness; it may have sent others, which we cannot judge.
Result<std::string> checked(const std::string& note_bytes, const std::string& lines,
                            const tlog::VerifierKey& key) {
    const auto note = tlog::Note::parse(note_bytes);
    if (!note) return note.error();
    const auto signatures = tlog::parse_signatures(lines);
    if (!signatures) return signatures.error();
    for (const auto& signature : *signatures) {
        if (!signature.is_of(key)) continue;
        if (auto good = tlog::verify(key, note->text, signature); !good) return good.error();
        return signature.to_text();
    }
    return Error{Errc::untrusted, "the answer is not signed by the witness's key"};
}

std::string not_signed(const Error& why, const tlog::VerifierKey& key) {
    return "its answer is not signed by its key, " + key.to_text() + ": " + why.detail +
           "; a wrong url or a portal on the way may answer so, or it is another witness: compare "
           "its url and key with what its operator says";
}

}  // namespace

bool WitnessRunner::owes(std::uint64_t size) const {
    return wiring_.key() && refusal_code_.empty() && last_error_.empty() &&
           wiring_.log.witnessed_by(wiring_.name) < size;
}

void WitnessRunner::wake(audit::Haste haste) {
    if (haste == audit::Haste::at_once) haste_ = haste;
    wake_.set();
}

void WitnessRunner::hurry() {
    due_ = due_at_once_ = {};
    wake_.set();
}

bool WitnessRunner::press(std::uint64_t size) {
    if (!owes(size)) return false;
    hurry();
    return true;
}

net::Task<void> WitnessRunner::run() {
    while (true) {
        while (net::Loop::now() < due()) {
            auto waking = net::wait_for(wake_);
            (void)co_await net::within(due(), std::move(waking));
        }
        haste_ = audit::Haste::usual;  // whatever comes from here on may not be in what is offered
        auto offer = co_await next();
        if (!offer) {
            co_await wake_.wait();
            continue;
        }
        co_await exchange(std::move(*offer));
    }
}

/// On the pool: after a start the files are read.
net::Task<std::optional<audit::Unwitnessed>> WitnessRunner::next() {
    using Next = std::optional<audit::Unwitnessed>;
    if (!wiring_.key() || !wiring_.log.healthy()) co_return std::nullopt;
    std::function<Result<Next>()> look = [&log = wiring_.log, name = wiring_.name] {
        return Result<Next>(log.unwitnessed(name));
    };
    auto offer = co_await net::run_on_pool<Next>(wiring_.pool, wiring_.loop, std::move(look));
    if (offer) co_return std::move(*offer);
    fail(offer.error().detail);
    wake_.set();
    co_return std::nullopt;
}

net::Task<void> WitnessRunner::exchange(audit::Unwitnessed offer) {
    auto asked = offer;
    auto asking = wiring_.ask(std::move(asked));
    const auto reply = co_await std::move(asking);
    if (reply.kind != WitnessReply::Kind::stale) stale_ = 0;
    switch (reply.kind) {
        case WitnessReply::Kind::cosigned:
            co_await keep(std::move(offer), reply.lines);
            break;
        case WitnessReply::Kind::stale:
            co_await go_on_from(reply.size);
            break;
        case WitnessReply::Kind::refused:
            refuse(reply.code, reply.text);
            break;
        case WitnessReply::Kind::failed:
            fail(reply.text);
            break;
    }
}

net::Task<void> WitnessRunner::keep(audit::Unwitnessed offer, std::string lines) {
    const auto key = wiring_.key();
    if (!key) co_return fail("its key was changed meanwhile");
    auto line = checked(offer.note, lines, *key);
    if (!line) co_return refuse("bad_signature", not_signed(line.error(), *key));
    std::function<Result<void>()> write = [&log = wiring_.log, name = wiring_.name,
                                           size = offer.size, line = std::move(*line)] {
        return log.cosigned(name, size, line);
    };
    const auto kept = co_await net::run_on_pool<void>(wiring_.pool, wiring_.loop, std::move(write));
    if (!kept) co_return fail(to_text(kept.error()));
    if (!refusal_code_.empty() || !last_error_.empty())
        log::info("witness.countersigns", {{"witness", wiring_.name}, {"size", offer.size}});
    refusal_code_.clear();
    refusal_.clear();
    last_error_.clear();
    retry_ = retry_first;
    countersigned_at_ = net::Loop::now();
    due_ = countersigned_at_ + wiring_.interval;
    due_at_once_ = countersigned_at_ + std::min(wiring_.interval, gap_min);
}

net::Task<void> WitnessRunner::go_on_from(std::uint64_t size) {
    std::function<Result<void>()> look = [&log = wiring_.log, name = wiring_.name, size] {
        return log.witness_knows(name, size);
    };
    const auto known = co_await net::run_on_pool<void>(wiring_.pool, wiring_.loop, std::move(look));
    // Only then it was offered what goes on from there.
    if (known && ++stale_ <= stale_max) {
        due_ = due_at_once_ = {};
        co_return;
    }
    stale_ = 0;
    if (known) co_return fail("it changes its mind about what it has countersigned");
    if (known.error().code == Errc::untrusted) co_return refuse("rollback", known.error().detail);
    if (known.error().code == Errc::not_found) co_return refuse("pruned", known.error().detail);
    fail(to_text(known.error()));
}

void WitnessRunner::refuse(std::string code, std::string text) {
    if (code != refusal_code_) {
        log::error("witness.refused",
                   {{"witness", wiring_.name},
                    {"code", code},
                    {"reason", text},
                    {"do", "the reason says it; see " + std::string(wiring_.help)}});
        wiring_.log.append(
            audit::WitnessRefused{.witness = wiring_.name, .code = code, .reason = text});
    }
    refusal_code_ = std::move(code);
    refusal_ = std::move(text);
    pause(retry_max);
}

void WitnessRunner::fail(std::string text) {
    if (last_error_.empty())
        log::warn("witness.failed",
                  {{"witness", wiring_.name}, {"error", text}, {"retry_in_s", retry_.count()}});
    last_error_ = std::move(text);
    pause(retry_);
    retry_ = std::min(retry_ * 2, retry_max);
}

/// However urgent it is: who cannot or will not countersign is not asked more often for that.
void WitnessRunner::pause(std::chrono::seconds time) {
    due_ = due_at_once_ = net::Loop::now() + time;
}

json::object WitnessRunner::status() const {
    const auto sealed = wiring_.log.sealed().size;
    const auto size = wiring_.log.witnessed_by(wiring_.name);
    json::object out{{"name", wiring_.name},
                     {"key", nullptr},
                     {"countersigned", size},
                     {"not_countersigned", sealed - std::min(sealed, size)},
                     {"seconds", nullptr}};
    if (const auto key = wiring_.key()) out["key"] = key->to_text();
    if (countersigned_at_ != net::Deadline{}) {
        const auto age = net::Loop::now() - countersigned_at_;
        out["seconds"] = std::chrono::duration_cast<std::chrono::seconds>(age).count();
    }
    if (!refusal_code_.empty())
        out["refusal"] = json::object{{"code", refusal_code_}, {"reason", refusal_}};
    if (!last_error_.empty()) out["last_error"] = last_error_;
    return out;
}

std::string describe_witnesses(const json::array& witnesses) {
    std::string text;
    for (const auto& entry : witnesses) {
        const auto& witness = entry.as_object();
        text += "witness " + text_of(witness.at("name"));
        if (const auto* url = witness.if_contains("url")) text += " (" + text_of(*url) + ")";
        text += ": ";
        if (witness.at("seconds").is_null())
            text += "nothing countersigned since the start";
        else
            text += text_of(witness.at("countersigned")) + " records countersigned " +
                    text_of(witness.at("seconds")) + " s ago, " +
                    text_of(witness.at("not_countersigned")) + " not yet";
        text += "\n";
        if (const auto* refusal = witness.if_contains("refusal"))
            text += "    REFUSED " + audit::printable(text_of(refusal->at("code"))) + ": " +
                    audit::printable(text_of(refusal->at("reason"))) + "\n";
        if (const auto* error = witness.if_contains("last_error"))
            text += "    " + audit::printable(text_of(*error)) + "\n";
    }
    return text;
}

}  // namespace sallyport::daemon
