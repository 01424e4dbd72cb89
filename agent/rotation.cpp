#include "agent/rotation.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/spiffe.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <set>

namespace sallyport::agent {
namespace {

using std::chrono::milliseconds;

/// How far agents that heard the same news spread their renewals: 1/20 of the life, at most this.
constexpr std::chrono::minutes news_spread_max{10};
constexpr int news_spread_share = 20;
constexpr int ticks_per_life = 60;

bool signed_by(const certs::Certificate& leaf, const certs::Certificate& authority,
               certs::Time at) {
    const certs::ChainPolicy policy{.usage = certs::ExtendedUsage::client_auth, .at = at};
    return certs::check_chain(leaf, {}, {&authority, 1}, policy).has_value();
}

}  // namespace

const HubConfig& renewing_hub(const std::vector<HubConfig>& hubs, const certs::Identity& identity) {
    const auto name = identity.name();
    const auto named = std::ranges::find_if(hubs, [&](const HubConfig& hub) {
        const auto address = HubAddress::from_https_url(hub.url);
        return name && address && address->host == name->hub();
    });
    return named == hubs.end() ? hubs.front() : *named;
}

bool differs(const certs::Identity& identity, const tunnel::Trust& trust) {
    const std::set<std::string> told(trust.authorities.begin(), trust.authorities.end());
    std::set<std::string> ours;
    bool by_issuer = false;
    const auto& leaf = identity.chain.front();
    for (const auto& anchor : identity.anchors) {
        const auto hash = to_hex(anchor.public_key_hash());
        ours.insert(hash);
        by_issuer =
            by_issuer || (hash == trust.issuer && signed_by(leaf, anchor, leaf.not_before()));
    }
    // Who signs an agent of an external authority is not the hub's affair.
    return ours != told || (!by_issuer && !identity.bound_as);
}

Rotation::Rotation(Wiring wiring) : wiring_(std::move(wiring)), wake_(wiring_.loop.turn) { load(); }

void Rotation::load() {
    auto store = certs::IdentityStore::open(wiring_.identity_folder);
    auto identity = store ? store->load_active() : Result<certs::Identity>(store.error());
    if (!identity) {
        last_error_ = to_text(identity.error());
        return;
    }
    const auto now = wiring_.now();
    const auto life = certs::Life::of(identity->chain.front(), identity->prepared_at);
    schedule_.emplace(life, certs::dice_of(identity->chain.front()), now);
    identity_.emplace(std::move(*identity));
    // One that was prepared before a restart has had its time: prove it, or get another one.
    if (store->prepared()) schedule_->hasten(now, milliseconds(0), 0);
    last_error_.clear();
}

void Rotation::renew_now() {
    if (schedule_) schedule_->hasten(wiring_.now(), milliseconds(0), 0);
    wake_.set();
}

void Rotation::identity_changed() {
    if (renewing_) return;
    load();
    heard_.reset();
    wake_.set();
}

void Rotation::hear(const tunnel::Trust& trust) {
    if (!identity_ || heard_ == trust) return;
    heard_ = trust;
    if (!differs(*identity_, trust)) return;
    const auto spread = std::min<std::chrono::nanoseconds>(
        schedule_->life().length() / news_spread_share, news_spread_max);
    schedule_->hasten(wiring_.now(), spread, wiring_.dice());
    log::info("certificate.news", {{"what", "the hub has other authorities: renewing soon"}});
    wake_.set();
}

net::Task<void> Rotation::run() {
    while (true) {
        const auto life = schedule_ ? schedule_->life().length() : std::chrono::nanoseconds(0);
        const auto tick =
            std::clamp(std::chrono::duration_cast<milliseconds>(life / ticks_per_life),
                       milliseconds(1), wiring_.tick_max);
        // A short wait, and then a look at the clocks: a timer for the whole time would miss sleep,
        // and a clock that is set.
        auto woken = net::wait_for(wake_);
        (void)co_await net::within(net::deadline_in(tick), std::move(woken));
        if (!schedule_ || !schedule_->is_due(wiring_.now())) continue;
        renewing_ = true;
        retry_after_.reset();
        const auto done = co_await attempt();
        renewing_ = false;
        if (done) continue;
        ++failed_renewals_;
        last_error_ = to_text(explained(done.error()));
        schedule_->failed(wiring_.now(), wiring_.dice(),
                          retry_after_.value_or(std::chrono::seconds(0)));
        const auto values = {log::Value("failures", schedule_->failures()),
                             log::Value("reason", last_error_)};
        const auto level = schedule_->failures() < certs::failures_until_warning
                               ? log::Level::warn
                               : log::Level::error;
        log::write(level, "certificate.renewal_failed", values);
    }
}

void Rotation::note(const EstReply& reply) {
    if (reply.status != 200) retry_after_ = reply.retry_after;
    note(clock_skew(reply, wiring_.now().wall));
}

void Rotation::note(std::optional<std::chrono::seconds> skew) {
    if (!skew) return;
    const auto text = describe_skew(skew);
    if (!text.empty() && (!skew_ || describe_skew(skew_) != text))
        log::warn("clock.skew", {{"what", text}});
    skew_ = skew;
}

/// What an administrator can do about it.
Error Rotation::explained(Error error) const {
    const auto clock = describe_skew(skew_);
    if (error.code == Errc::untrusted && !clock.empty()) error.detail += "; " + clock;
    const auto now = wiring_.now().wall;
    if (!identity_ || now < schedule_->life().not_after) return error;
    // Where the hub said no in its own words, they say what to do.
    if (error.code != Errc::untrusted) return error;
    const auto name = identity_->name();
    if (!name) return error;
    error.detail += "; the certificate has expired: run at the hub `sallyport-hub agent reissue " +
                    name->agent() + " --tenant " + name->tenant() +
                    "`, then here `sallyport enroll --token-file FILE` and `sallyport reload`";
    return error;
}

Rotation::Status Rotation::status() const {
    Status status{.phase = renewing_ ? "renewing" : "waiting",
                  .renewals = renewals_,
                  .failed_renewals = failed_renewals_,
                  .last_error = last_error_,
                  .skew = skew_};
    if (!schedule_) return status;
    const auto now = wiring_.now();
    status.life = schedule_->life();
    status.next = schedule_->next(now);
    status.failures = schedule_->failures();
    status.health = certs::judge_renewal(status.life, now.wall, status.failures);
    return status;
}

}  // namespace sallyport::agent
