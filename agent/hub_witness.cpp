#include "agent/hub_witness.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/within.hpp"
#include "tlog/spelling.hpp"

namespace sallyport::agent {
namespace {

using daemon::WitnessReply;

WitnessReply reply_of(const tunnel::WitnessRefused& refused) {
    if (refused.code == "stale") return {.kind = WitnessReply::Kind::stale, .size = refused.size};
    const bool passes =
        refused.code == "limit" || refused.code == "unavailable" || refused.code == "malformed";
    return {.kind = passes ? WitnessReply::Kind::failed : WitnessReply::Kind::refused,
            .size = refused.size,
            .code = refused.code,
            .text = passes ? refused.code + ": " + refused.text : refused.text};
}

}  // namespace

HubWitness::HubWitness(Wiring wiring)
    : wiring_(std::move(wiring)),
      answered_(wiring_.loop.turn),
      runner_({.loop = wiring_.loop,
               .pool = wiring_.pool,
               .log = wiring_.log,
               .name = wiring_.hub,
               .interval = interval,
               .key = [this] { return key(); },
               .ask = [this](audit::Unwitnessed offer) { return ask(std::move(offer)); }}) {}

void HubWitness::hear(const tunnel::ControlMessage& message) {
    if (const auto* welcome = std::get_if<tunnel::Welcome>(&message)) {
        hear_key(welcome->witness);
        return runner_.hurry();
    }
    if (const auto* refused = std::get_if<tunnel::WitnessRefused>(&message)) {
        answer_ = reply_of(*refused);
    } else if (const auto* cosigned = std::get_if<tunnel::Cosigned>(&message)) {
        answer_ = WitnessReply{
            .kind = WitnessReply::Kind::cosigned, .size = cosigned->size, .lines = cosigned->lines};
    }
    answered_.set();
}

/// Believed at first use. A hub that was broken into could have us believe another witness.
void HubWitness::hear_key(const std::string& key) {
    shown_ = key;
    const auto pinned = wiring_.pins.find(wiring_.hub);
    if (!wiring_.pins.failure().empty())
        return runner_.refuse("pins_unreadable", wiring_.pins.failure());
    if (pinned == key) return;
    if (key.empty())
        return runner_.refuse("no_key",
                              "the hub has countersigned and shows no key any more: ask its "
                              "administrator why");
    if (!pinned.empty())
        return runner_.refuse("key_changed",
                              "the hub countersigns with another key than before, " + key +
                                  "; if its administrator says that this is right (sallyport-hub "
                                  "witness key), run: sallyport audit trust-witness " +
                                  wiring_.hub + " KEY");
    if (auto done = trust(key); !done)
        return log::warn("witness.unpinned",
                         {{"hub", wiring_.hub}, {"error", to_text(done.error())}});
    wiring_.log.append(audit::AdminAction{.act = "audit.trust_witness",
                                          .who = "first use",
                                          .object = wiring_.hub,
                                          .after = key,
                                          .outcome = "done"});
}

Result<std::string> HubWitness::trust(std::string_view key) {
    if (shown_.empty())
        return Error{Errc::not_found, "the hub " + wiring_.hub +
                                          " has shown no witness key since the start: is a link "
                                          "to it up? See sallyport status"};
    if (key != shown_)
        return Error{Errc::conflict, "the hub " + wiring_.hub + " shows another key, " + shown_ +
                                         ": compare it with what its administrator says "
                                         "(sallyport-hub witness key)"};
    const auto parsed = tlog::VerifierKey::parse(key);
    if (!parsed) return parsed.error();
    if (parsed->type() != tlog::KeyType::cosignature)
        return Error{Errc::malformed, "that is not the key of a witness: " + shown_};
    auto before = wiring_.pins.find(wiring_.hub);
    if (auto done = wiring_.pins.pin(wiring_.hub, key); !done) return done.error();
    log::info("witness.trusted", {{"hub", wiring_.hub}, {"key", shown_}});
    runner_.hurry();
    return before;
}

/// None while the hub shows another one than the one that we trust, or none.
std::optional<tlog::VerifierKey> HubWitness::key() const {
    if (shown_.empty() || wiring_.pins.find(wiring_.hub) != shown_) return std::nullopt;
    auto key = tlog::VerifierKey::parse(shown_);
    return key ? std::optional(std::move(*key)) : std::nullopt;
}

void HubWitness::unsent() {
    answer_ = WitnessReply{.text = "no link to the hub is up"};
    answered_.set();
}

net::Task<WitnessReply> HubWitness::ask(audit::Unwitnessed offer) {
    tunnel::Checkpoint message{.note = std::move(offer.note),
                               .old_size = offer.old_size,
                               .proof = {},
                               .keys = std::move(offer.keys)};
    for (const auto& hash : offer.proof) message.proof.push_back(tlog::to_text(hash));
    answer_.reset();
    wiring_.offer(std::move(message));
    const auto deadline = net::deadline_in(answer_time);
    while (!answer_ && net::Loop::now() < deadline) {
        auto waiting = net::wait_for(answered_);
        (void)co_await net::within(deadline, std::move(waiting));
    }
    if (!answer_) co_return WitnessReply{.text = "the hub did not answer"};
    auto answer = std::move(*answer_);
    answer_.reset();
    // A late answer to the offer before is none to this one.
    if (answer.kind == WitnessReply::Kind::cosigned && answer.size != offer.size)
        co_return WitnessReply{.text = "the hub answered to something else"};
    co_return answer;
}

}  // namespace sallyport::agent
