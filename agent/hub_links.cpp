#include "agent/hub_links.hpp"

#include "agent/link_record.hpp"
#include "base/dice.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "net/reconnect.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"

namespace sallyport::agent {
namespace {

constexpr std::chrono::seconds dial_time{15};     // resolve, connect, proxy, TLS
constexpr std::chrono::seconds welcome_time{15};  // from our hello on
constexpr std::chrono::minutes grace{1};          // for a slow machine, before a link is given up

tunnel::LinkOptions link_options(const TunnelConfig& config) {
    tunnel::LinkOptions options;
    options.keepalive = config.keepalive;
    return options;
}

}  // namespace

/// One link on this worker, over all its lives.
struct HubLinks::Slot {
    explicit Slot(net::Loop& loop, std::size_t n) : number(n), wake(loop.turn) {}
    std::size_t number;
    std::uint64_t generation = 0;  // replace() starts a new one
    std::uint64_t lives = 0;       // connections so far
    net::Event wake;               // ends the wait before the next dial
    bool waits = false;
    Session* session = nullptr;  // the newest that is up
    std::string state = "dialling";
    std::string last_error;
    std::chrono::steady_clock::time_point moved = net::Loop::now();  // last attempt, or wait
};

/// One life of a link.
struct HubLinks::Session {
    Session(HubLinks& owner, Slot& slot, const tunnel::Hello& hello,
            std::unique_ptr<net::TlsDuplex> duplex)
        : links(owner),
          record(links.wiring_.log,
                 {.hub = links.wiring_.hub.name,
                  .link = std::to_string(slot.number) + "." + std::to_string(++slot.lives),
                  .location = hello.location,
                  .epoch = hello.epoch,
                  .own = links.wiring_.name ? links.wiring_.name() : std::nullopt},
                 *duplex),
          control([this, &slot](tunnel::ControlMessage message) {
              links.on_control(slot, *this, std::move(message));
          }),
          end(links.wiring_.loop, std::move(duplex), link_options(links.wiring_.tunnel),
              links.wiring_.budget,
              {links.wiring_.exchanges, control, links.wiring_.channels, links.wiring_.ready}) {
        control.greet_with(hello);
    }
    ~Session() {
        *self = nullptr;
        if (!welcome) return;
        --links.welcomed_;
        if (auto* board = links.wiring_.board) board->link_down(links.wiring_.hub.name);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    HubLinks& links;
    LinkRecord record;
    std::shared_ptr<Session*> self = std::make_shared<Session*>(this);  // for a timer too late
    tunnel::AgentControl control;
    tunnel::ServerEnd end;
    bool welcome = false;
    bool hub_restarts = false;
    std::optional<Error> refused;
};

HubLinks::HubLinks(LinkWiring wiring) : wiring_(std::move(wiring)), tasks_(wiring_.loop) {}

HubLinks::~HubLinks() = default;

void HubLinks::start() { fill_slots(wiring_.hub.connections); }

void HubLinks::fill_slots(std::size_t wanted) {
    wanted = std::min(wanted, links_max);
    for (auto number = wiring_.worker; number < wanted; number += wiring_.workers) {
        const bool there = std::ranges::any_of(
            slots_, [number](const auto& slot) { return slot->number == number; });
        if (there) continue;
        slots_.push_back(std::make_unique<Slot>(wiring_.loop, number));
        tasks_.spawn("link", keep(*slots_.back(), 0));
    }
}

void HubLinks::reconnect() {
    for (auto& slot : slots_)
        if (slot->waits) slot->wake.set();
}

void HubLinks::replace() {
    if (stopping_) return;
    reconnect();  // whoever waits sees that its time is over
    for (auto& slot : slots_) tasks_.spawn("link", keep(*slot, ++slot->generation));
}

/// How a link was when it ended.
struct HubLinks::Ending {
    bool was_up = false;
    bool planned = false;
};

net::Task<void> HubLinks::keep(Slot& slot, std::uint64_t generation) {
    net::Reconnect reconnect(wiring_.tunnel.reconnect);
    while (!stopping_ && slot.generation == generation) {
        const auto began = slot.moved = net::Loop::now();
        Ending ending;
        const auto why = co_await run_once(slot, ending);
        if (stopping_ || slot.generation != generation) break;
        slot.last_error = to_text(why);
        if (slot.session == nullptr) slot.state = "waiting";
        const auto lived =
            std::chrono::duration_cast<std::chrono::milliseconds>(net::Loop::now() - began);
        const auto delay = reconnect.next_delay(
            throw_dice(), {.lived = ending.was_up ? lived : std::chrono::milliseconds(0),
                           .planned = ending.planned});
        log::warn("link.down", {{"hub", wiring_.hub.name},
                                {"link", slot.number},
                                {"reason", slot.last_error},
                                {"retry_in_ms", delay.count()}});
        if (wiring_.changed) wiring_.changed();
        slot.waits = true;
        slot.moved = net::Loop::now();
        (void)co_await net::within(net::deadline_in(delay), net::wait_for(slot.wake));
        slot.waits = false;
    }
}

net::Task<Error> HubLinks::run_once(Slot& slot, Ending& ending) {
    if (slot.session == nullptr) slot.state = "dialling";
    const auto hub = HubAddress::from_https_url(wiring_.hub.url);
    if (!hub) co_return hub.error();
    auto context = wiring_.context();
    if (!context) co_return context.error();
    const auto deadline = net::deadline_in(dial_time);
    daemon::ProxyWay proxy{wiring_.hub.proxy, wiring_.hub.proxy_credentials_file};
    auto wire =
        co_await daemon::dial_out(wiring_.pool, wiring_.loop, *hub, std::move(proxy), deadline);
    if (!wire) co_return wire.error();
    auto tls = net::TlsDuplex::client(*context, std::move(*wire), hub->host);
    if (!tls) co_return tls.error();
    auto greeted = co_await (*tls)->handshake(wiring_.loop, deadline);
    if (!greeted) co_return greeted.error();

    Session session(*this, slot, wiring_.hello(), std::move(*tls));
    net::Timer patience(wiring_.loop.executor(), welcome_time);
    patience.async_wait([self = session.self](boost::system::error_code failure) {
        if (failure || *self == nullptr || (*self)->welcome) return;
        (*self)->end.link().close({Errc::timed_out, "the hub did not welcome this link"});
    });
    const auto why = co_await session.end.run();
    patience.cancel();
    ending = {.was_up = session.welcome, .planned = session.hub_restarts};
    if (slot.session == &session) slot.session = nullptr;
    session.record.set_reason(to_text(session.refused ? *session.refused : why));
    if (session.refused) co_return *session.refused;
    co_return why;
}

void HubLinks::on_control(Slot& slot, Session& session, tunnel::ControlMessage message) {
    if (const auto* refused = std::get_if<tunnel::Refused>(&message)) {
        session.refused = Error{
            Errc::denied, "the hub refused this link (" + refused->code + "): " + refused->text};
        log::error("link.refused",
                   {{"hub", wiring_.hub.name}, {"code", refused->code}, {"reason", refused->text}});
        return;
    }
    if (std::holds_alternative<tunnel::Restarting>(message)) {
        session.hub_restarts = true;
        log::info("hub.restarting", {{"hub", wiring_.hub.name}, {"link", slot.number}});
        return;
    }
    if (const auto* trust = std::get_if<tunnel::Trust>(&message)) {
        if (wiring_.trust) wiring_.trust(*trust);
        return;
    }
    if (const auto* ready = std::get_if<tunnel::Ready>(&message)) {
        if (wiring_.board != nullptr)
            wiring_.board->answered(wiring_.hub.name, net::Loop::now(), ready->round_trip);
        return;
    }
    if (const auto* no = std::get_if<tunnel::OpenRefused>(&message)) {
        if (wiring_.open_refused) wiring_.open_refused(*no);
        return;
    }
    if (std::holds_alternative<tunnel::Cosigned>(message) ||
        std::holds_alternative<tunnel::WitnessRefused>(message)) {
        if (wiring_.witness) wiring_.witness(std::move(message));
        return;
    }
    const auto* welcome = std::get_if<tunnel::Welcome>(&message);
    if (welcome == nullptr || session.welcome) return;
    session.welcome = true;
    ++welcomed_;
    if (wiring_.board != nullptr) wiring_.board->link_up(wiring_.hub.name, welcome->ready_interval);
    session.record.up(session.end.link().peer());
    session.end.link().set_background_streams(1);
    log::info(
        "link.up",
        {{"hub", wiring_.hub.name}, {"link", slot.number}, {"peer", session.end.link().peer()}});
    if (stopping_) {  // the stop began while this link was on its way
        session.control.send(tunnel::Restarting{wiring_.tunnel.drain});
        session.end.link().drain(net::deadline_in(wiring_.tunnel.drain));
        return;
    }
    // Make before break: the one before goes only now.
    auto* const before = std::exchange(slot.session, &session);
    slot.state = "up";
    slot.last_error.clear();
    if (before != nullptr) before->end.link().drain(net::deadline_in(wiring_.tunnel.drain));
    if (!stopping_) fill_slots(std::max<std::size_t>(wiring_.hub.connections, welcome->workers));
    if (wiring_.witness) wiring_.witness(*welcome);
    if (wiring_.changed) wiring_.changed();
}

bool HubLinks::ask(const tunnel::ControlMessage& question) {
    if (stopping_) return false;
    return std::ranges::any_of(slots_, [&](const auto& slot) {
        auto* session = slot->session;
        return session != nullptr && !session->hub_restarts && !session->end.link().draining() &&
               session->control.send(question);
    });
}

net::Task<void> HubLinks::stop(net::Deadline deadline) {
    stopping_ = true;
    for (auto& slot : slots_) {
        ++slot->generation;
        if (slot->session == nullptr) continue;
        slot->session->control.send(tunnel::Restarting{wiring_.tunnel.drain});
        slot->session->end.link().drain(deadline);
        slot->state = "draining";
    }
    // Only what the hub may use needs time; a dial or a wait is just given up.
    while (welcomed_ > 0 && net::Loop::now() < deadline)
        co_await net::sleep_for(std::chrono::milliseconds(5));
    tasks_.cancel();
    co_await tasks_.join();
}

std::vector<HubLinks::Status> HubLinks::status() const {
    std::vector<Status> all;
    for (const auto& slot : slots_) {
        Status status;
        status.slot = slot->number;
        status.state = slot->state;
        status.last_error = slot->last_error;
        if (slot->session != nullptr) {
            auto& link = slot->session->end.link();
            status.peer = link.peer();
            status.since = link.since();
            status.round_trip = link.round_trip();
            status.streams = link.session().open_streams();
            status.bytes_in = link.bytes_in();
            status.bytes_out = link.bytes_out();
        }
        all.push_back(std::move(status));
    }
    return all;
}

bool HubLinks::keeps_trying() const {
    const auto longest = std::max<net::Deadline::duration>(dial_time + welcome_time,
                                                           wiring_.tunnel.reconnect.ceiling) +
                         grace;
    return stopping_ || std::ranges::all_of(slots_, [&](const auto& slot) {
               return slot->session != nullptr || net::Loop::now() - slot->moved <= longest;
           });
}

std::size_t HubLinks::up() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(slots_, [](const auto& slot) { return slot->session != nullptr; }));
}

}  // namespace sallyport::agent
