// How a link becomes one of its agent's: from the hello to the welcome, or to a refusal.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/attachment.hpp"
#include "hub/witness.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::hub {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds refusal_time{2};  // for a refused link to read why
/// For the process before to answer, at most: a new one must hear from us before it gives up.
constexpr std::chrono::milliseconds doubt_time_max{10'000};
constexpr std::size_t process_bytes_max = 128;
constexpr std::size_t key_hash_characters = 64;

/// What the rivals said; several threads have a part in it.
struct Doubt {
    explicit Doubt(net::Event& event, std::size_t count) : waiter(&event), unknown(count) {}
    net::Event* waiter;  // gone with the coroutine
    std::size_t unknown;
    bool alive = false;
};

Incarnation stored_incarnation(const Agent* agent) {
    if (agent == nullptr) return {};
    return {agent->enrolment, agent->confirmed, agent->epoch, agent->process};
}

bool is_key_hash(const std::string& text) {
    return text.size() == key_hash_characters &&
           text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

void Worker::on_control(Attachment& attachment, tunnel::ControlMessage message) {
    if (const auto* hello = std::get_if<tunnel::Hello>(&message))
        return on_hello(attachment, *hello);
    if (!attachment.member) return;
    if (const auto* open = std::get_if<tunnel::Open>(&message)) return on_open(attachment, *open);
    if (auto* checkpoint = std::get_if<tunnel::Checkpoint>(&message))
        return on_checkpoint(attachment, std::move(*checkpoint));
    if (const auto* restarting = std::get_if<tunnel::Restarting>(&message))
        shared_.registry.announce_restart(
            *attachment.member, net::deadline_in(std::min(restarting->within, config_->hold)));
}

void Worker::refuse(Attachment& attachment, std::string code, const Error& why) {
    log::warn("link.refused", {{"agent", attachment.name.text()},
                               {"peer", attachment.end.link().peer()},
                               {"code", code},
                               {"reason", to_text(why)}});
    attachment.evidence.refused(attachment.location, code, why);
    attachment.control.send(tunnel::Refused{std::move(code), why.detail});
    attachment.control.close();
    attachment.end.link().drain(net::deadline_in(refusal_time));
}

void Worker::refuse_clone(Attachment& attachment, const std::string& reason) {
    const auto peer = attachment.end.link().peer();
    log::error("agent.clone", {{"agent", attachment.name.text()},
                               {"peer", peer},
                               {"serial", attachment.serial},
                               {"reason", reason}});
    shared_.clone_seen({attachment.name.tenant(), attachment.name.agent()}, reason, peer);
    refuse(attachment, "clone",
           {Errc::conflict,
            reason +
                "; the hub keeps the other one and has raised an alarm. If this is the one that "
                "shall stay, run at the hub: sallyport-hub agent reissue " +
                attachment.name.agent() + " --tenant " + attachment.name.tenant()});
}

Registry::Member Worker::member_of(const Attachment& attachment, const tunnel::Hello& hello) const {
    Registry::Member member{.name = attachment.name, .serial = attachment.serial};
    member.tenant = attachment.name.tenant();
    member.agent = attachment.name.agent();
    member.location = hello.location;
    if (const auto* agent = accounts_->find_agent(member.tenant, member.agent)) {
        member.incarnation.enrolment = agent->enrolment;
        for (const auto& granted : agent->locations)
            if (granted.name == hello.location) member.shared = granted.sharing == Sharing::shared;
    }
    if (const auto* certificate = accounts_->find_certificate(attachment.serial))
        member.incarnation.generation = certificate->generation;
    member.incarnation.epoch = hello.epoch;
    member.incarnation.process = hello.process;
    member.version = hello.program;
    member.peer = attachment.end.link().peer();
    member.virtual_hosts = hello.virtual_hosts;
    member.virtual_hosts_left_out = hello.virtual_hosts_left_out;
    member.worker = index_;
    member.answers_ready = hello.ready;
    return member;
}

Result<void> Worker::may_attach(const Attachment& attachment, std::string_view location) const {
    if (auto may = accounts_->may_attach(attachment.name, location, attachment.serial); !may)
        return may.error();
    auto judged =
        shared_.revocation->get()->judge(attachment.name.tenant(), attachment.serial,
                                         attachment.path, std::chrono::system_clock::now());
    if (judged.verdict == certs::RevocationLists::Verdict::good) return {};
    return Error{Errc::denied, "the agent's certificate is refused: " + std::move(judged.why)};
}

void Worker::on_hello(Attachment& attachment, const tunnel::Hello& hello) {
    if (std::exchange(attachment.greeted, true)) return;
    if (hello.version != tunnel::protocol_version)
        return refuse(attachment, "version",
                      {Errc::unsupported,
                       "this hub speaks version 1 of the tunnel protocol; update the hub"});
    if (hello.process.size() > process_bytes_max ||
        !std::ranges::all_of(hello.authorities, is_key_hash))
        return refuse(attachment, "version", {Errc::malformed, "the hello is not well formed"});
    attachment.location = hello.location;
    if (auto may = may_attach(attachment, hello.location); !may)
        return refuse(attachment, "not_granted", may.error());
    attachment.trial = hello.trial;
    attachment.answers_ready = hello.ready;
    attachment.authorities = hello.authorities;
    auto member = member_of(attachment, hello);
    const auto stored = stored_incarnation(accounts_->find_agent(member.tenant, member.agent));
    auto opinion = shared_.registry.examine(member, stored, net::Loop::now());
    const auto there = opinion.peer.empty() ? "" : " (attached from " + opinion.peer + ")";
    switch (opinion.verdict) {
        case IncarnationVerdict::outdated:
            return refuse(attachment, "outdated",
                          {Errc::conflict, "this process has a newer certificate by now"});
        case IncarnationVerdict::copy_of_state:
            return refuse_clone(
                attachment,
                "another process was started after this one with the same state" + there);
        case IncarnationVerdict::old_key:
            return refuse_clone(
                attachment, "this certificate was replaced by a newer one that is in use" + there);
        case IncarnationVerdict::same:
        case IncarnationVerdict::newer:
            break;
    }
    // A trial carries nothing; what it proves is that the certificate works.
    if (attachment.trial) return welcome(attachment);
    if (opinion.rivals.empty()) return take_in(attachment, std::move(member));
    attachment.tasks->spawn("settle",
                            settle(attachment, std::move(member), std::move(opinion.rivals)));
}

/// Before a later start takes over: is the process before it really gone? It is asked only now,
/// so an answer proves that both run.
net::Task<void> Worker::settle(Attachment& attachment, Registry::Member member,
                               std::vector<Registry::Contact> rivals) {
    struct Stay {
        explicit Stay(std::shared_ptr<Doubt> d) : doubt(std::move(d)) {}
        ~Stay() { doubt->waiter = nullptr; }
        std::shared_ptr<Doubt> doubt;
    };
    const Stay stay(std::make_shared<Doubt>(attachment.settled, rivals.size()));
    const auto& doubt = *stay.doubt;
    for (const auto& rival : rivals)
        rival.probe([shared = stay.doubt, executor = loop_.executor()](bool alive) {
            asio::post(executor, [shared, alive] {
                --shared->unknown;
                shared->alive = shared->alive || alive;
                if (shared->waiter != nullptr) shared->waiter->set();
            });
        });
    const auto deadline = net::deadline_in(std::min(doubt_time_max, config_->keepalive.patience));
    while (!doubt.alive && doubt.unknown > 0 && !attachment.over) {
        auto wait = net::wait_for(attachment.settled);
        const auto waited = co_await net::within(deadline, std::move(wait));
        if (!waited) break;
    }
    if (attachment.over) co_return;
    if (doubt.alive)
        refuse_clone(attachment,
                     "a copy of this agent's state is in use: the process that was attached before "
                     "still runs");
    else
        take_in(attachment, std::move(member));
}

Registry::Contact Worker::contact_of(const Attachment& attachment) {
    const auto number = attachment.number;
    return {.leave =
                [this, number](Registry::Leave how) {
                    asio::post(loop_.executor(), [this, number, how] {
                        const auto found = attached_.find(number);
                        if (found != attached_.end()) leave(*found->second, how);
                    });
                },
            .probe =
                [this, number](std::function<void(bool)> tell) {
                    asio::post(loop_.executor(), [this, number, tell = std::move(tell)] {
                        const auto found = attached_.find(number);
                        if (found == attached_.end()) return tell(false);
                        found->second->end.link().probe(tell);
                    });
                }};
}

void Worker::take_in(Attachment& attachment, Registry::Member member) {
    // Asked again: it may have been revoked while its rivals were.
    if (auto may = may_attach(attachment, attachment.location); !may)
        return refuse(attachment, "not_granted", may.error());
    const auto incarnation = member.incarnation;
    auto attached =
        shared_.registry.attach(std::move(member), net::Loop::now(), contact_of(attachment));
    if (!attached) return refuse(attachment, "conflict", attached.error());
    attachment.member = *attached;
    links_.add(attachment.name.tenant(), attachment.location, attachment.name.agent(),
               attachment.end);
    welcome(attachment);
    attachment.evidence.up(attachment.location, incarnation.epoch);
    if (attachment.answers_ready)
        attachment.channels->spawn("ready", make_synthetic_exchanges(attachment));
    log::info("link.up", {{"agent", attachment.name.text()},
                          {"location", attachment.location},
                          {"peer", attachment.end.link().peer()},
                          {"worker", index_},
                          {"epoch", incarnation.epoch},
                          {"generation", incarnation.generation}});
    const auto* agent = accounts_->find_agent(attachment.name.tenant(), attachment.name.agent());
    if (agent != nullptr && stored_incarnation(agent) == incarnation &&
        agent->authorities == attachment.authorities)
        return;
    shared_.sighted({attachment.name.tenant(), attachment.name.agent()},
                    {incarnation.enrolment, incarnation.generation, incarnation.epoch,
                     incarnation.process, attachment.authorities});
}

/// Before the attachment goes, whatever ended it.
void Worker::take_out(Attachment& attachment) {
    if (!attachment.member) return;
    links_.remove(attachment.end);
    shared_.registry.detach(*attachment.member);
    attachment.member.reset();
}

void Worker::welcome(Attachment& attachment) {
    attachment.control.send(
        tunnel::Welcome{tunnel::protocol_version, SALLYPORT_VERSION, config_->workers,
                        shared_.witness ? shared_.witness->key() : "", config_->ready_interval});
    if (!trust_.authorities.empty()) attachment.control.send(trust_);
    if (!attachment.trial) return;
    attachment.control.close();
    attachment.end.link().drain(net::deadline_in(refusal_time));
}

}  // namespace sallyport::hub
