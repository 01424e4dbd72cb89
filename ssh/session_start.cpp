#include "base/error.hpp"
#include "base/log.hpp"
#include "net/blocking_pool.hpp"
#include "net/within.hpp"
#include "ssh/engine.hpp"
#include "ssh/known_hosts.hpp"
#include "ssh/session.hpp"

namespace sallyport::ssh {

using Started = Result<std::shared_ptr<Session>>;

net::Task<Started> Session::start(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                                  std::unique_ptr<net::Duplex> wire, Options options,
                                  net::Deadline deadline) {
    auto engine = Engine::create();
    if (!engine) co_return engine.error();
    const std::shared_ptr<Session> session(new Session(loop, sweep, std::move(wire),
                                                       std::shared_ptr<Engine>(std::move(*engine)),
                                                       std::move(options)));
    auto begin = session->begin(pool);
    const auto begun = co_await net::within(deadline, std::move(begin));
    if (!begun) co_return begun.error();
    session->starting_ = false;
    session->idle_since_ = net::Loop::now();
    sweep.add(*session, net::deadline_in(session->options_.keepalive));
    session->schedule();  // something may have come already
    log::info("ssh.connected", {{"server", session->name()},
                                {"host_key", type_of_key(session->engine_->host_key())}});
    co_return session;
}

net::Task<Result<void>> Session::begin(net::BlockingPool& pool) {
    if (auto attached = wire_->attach(loop_, *this); !attached) co_return attached.error();
    auto step = co_await shake_hands();
    if (!step) co_return step.error();
    step = check_host_key();
    if (!step) co_return step.error();
    co_return co_await log_on(pool);
}

net::Task<Result<void>> Session::shake_hands() {
    const auto types =
        host_key_types(options_.credentials->known_hosts, options_.host, options_.port);
    if (auto good = engine_->prefer_host_keys(types); !good) co_return good.error();
    while (true) {
        const auto done = engine_->handshake();
        flush();
        if (!done) co_return done.error();
        if (*done) co_return Result<void>();
        const auto received = co_await receive();
        if (!received) co_return received.error();
    }
}

Result<void> Session::check_host_key() const {
    const auto& [host, port] = std::tie(options_.host, options_.port);
    const auto& file = options_.credentials->files.known_hosts.string();
    const auto key = engine_->host_key();
    const auto verdict = judge_host_key(options_.credentials->known_hosts, host, port, key);
    if (verdict == Verdict::known) return {};
    const auto shown = host + ":" + std::to_string(port) + " shows a key of type " +
                       type_of_key(key) + " with the fingerprint " + engine_->fingerprint();
    if (verdict == Verdict::revoked)
        return Error{Fault::host_key_changed, shown + ", which " + file + " revokes"};
    if (verdict == Verdict::changed)
        return Error{Fault::host_key_changed,
                     shown + ", but " + file +
                         " names another one. Somebody may be in between. If its administrator "
                         "confirms the new fingerprint, replace the old line by: " +
                         known_hosts_line(host, port, key)};
    return Error{Fault::host_key_unknown,
                 shown + ", and " + file +
                     " names no key of this type for it. If its administrator confirms the "
                     "fingerprint, add the line: " +
                     known_hosts_line(host, port, key)};
}

net::Task<Result<void>> Session::log_on(net::BlockingPool& pool) {
    while (true) {
        // Decrypting a key is made to take long.
        std::function<Result<bool>()> job = [engine = engine_, user = options_.user,
                                             credentials = options_.credentials] {
            return engine->log_on(user, *credentials);
        };
        const auto done = co_await net::run_on_pool<bool>(pool, loop_, std::move(job));
        flush();
        if (!done && done.error().code == Fault::login)
            co_return Error{Fault::login, options_.host + ":" + std::to_string(options_.port) +
                                              " does not let " + options_.user +
                                              " in with the key of " +
                                              options_.credentials->files.key.string() + ": " +
                                              done.error().detail};
        if (!done) co_return done.error();
        if (*done) co_return Result<void>();
        const auto received = co_await receive();
        if (!received) co_return received.error();
    }
}

/// Until the server has sent something.
net::Task<Result<void>> Session::receive() {
    const auto before = received_;
    while (true) {
        fetch();
        flush();
        if (dead_) co_return *dead_;
        if (received_ != before) co_return Result<void>();
        co_await started_.wait();
    }
}

}  // namespace sallyport::ssh
