#include "forward/forwarders.hpp"

#include "audit/tail.hpp"
#include "base/dice.hpp"
#include "base/error.hpp"
#include "forward/file_target.hpp"
#include "forward/forwarder.hpp"
#include "forward/journal_target.hpp"
#include "forward/segment_sender.hpp"
#include "forward/syslog_target.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <exception>

namespace sallyport::forward {
namespace {

/// Of the newest record there is.
std::optional<audit::Sequence> newest_sequence(const std::filesystem::path& folder) {
    std::optional<audit::Sequence> newest;
    auto tail = audit::Tail::open(folder, 1);
    if (!tail) return newest;
    (void)tail->read([&](std::string_view line) {
        if (const auto record = audit::parse_record(line)) newest = record->sequence;
    });
    return newest;
}

std::unique_ptr<Forwarding> make(Wiring wiring, Settings settings) {
    if (settings.kind == Kind::sftp)
        return std::make_unique<SegmentSender>(std::move(wiring), std::move(settings));
    return std::make_unique<Forwarder>(std::move(wiring), std::move(settings));
}

}  // namespace

std::unique_ptr<Target> make_target(Surroundings around, const Settings& settings,
                                    std::string_view program) {
    if (settings.kind == Kind::file) return std::make_unique<FileTarget>(around, settings);
    if (settings.kind == Kind::journald)
        return std::make_unique<JournalTarget>(around, settings, program);
    return std::make_unique<SyslogTarget>(around, settings, program);
}

struct Forwarders::Running {
    Running(net::Loop& loop, Wiring wiring, Settings settings)
        : forwarder(make(std::move(wiring), std::move(settings))), ended(loop.turn), tasks(loop) {}

    net::Task<void> run() {
        std::exception_ptr failure;
        try {
            co_await forwarder->run();
            returned = true;
        } catch (...) {
            failure = std::current_exception();
        }
        done = true;
        ended.set();
        if (failure) std::rethrow_exception(failure);
    }
    /// By an exception, which nobody expects.
    bool died() const { return done && !returned; }
    net::Task<Result<void>> wait_for_end() {
        while (!done) co_await ended.wait();
        co_return Result<void>();
    }

    std::unique_ptr<Forwarding> forwarder;
    bool done = false;
    bool returned = false;
    net::Event ended;
    net::TaskGroup tasks;
};

Forwarders::Forwarders(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                       Options options)
    : loop_(loop),
      sweep_(sweep),
      pool_(pool),
      options_(std::move(options)),
      changed_(loop.turn),
      managing_(loop) {}

Forwarders::~Forwarders() = default;

void Forwarders::use(std::vector<Settings> wanted) {
    wanted_ = std::move(wanted);
    changed_.set();
    if (managing_.empty() && !stopping_) managing_.spawn("forwarders", manage());
}

net::Task<void> Forwarders::manage() {
    while (!stopping_) {
        auto changing = change();
        co_await std::move(changing);
        co_await changed_.wait();
    }
}

net::Task<void> Forwarders::change() {
    const auto wanted = wanted_;
    for (auto at = running_.begin(); at != running_.end();) {
        const auto same = std::ranges::find(wanted, at->second->forwarder->settings());
        if (same != wanted.end() && !at->second->died()) {
            ++at;
            continue;
        }
        auto ending = end(*at->second, net::deadline_in(stop_time));
        co_await std::move(ending);
        at = running_.erase(at);
    }
    for (const auto& settings : wanted) {
        if (running_.contains(settings.name)) continue;
        Wiring wiring{
            loop_,     sweep_, pool_, options_.log_folder, options_.cursor_folder, options_.program,
            throw_dice};
        auto running = std::make_unique<Running>(loop_, std::move(wiring), settings);
        auto& started = *running;
        running_.emplace(settings.name, std::move(running));
        started.tasks.spawn("forwarder", started.run());
    }
}

net::Task<void> Forwarders::end(Running& running, net::Deadline deadline) {
    running.forwarder->stop();
    auto waiting = running.wait_for_end();
    (void)co_await net::within(deadline, std::move(waiting));
    running.tasks.cancel();
    co_await running.tasks.join();
    running.forwarder->keep_cursor();
}

net::Task<void> Forwarders::stop() {
    stopping_ = true;
    managing_.cancel();
    co_await managing_.join();
    for (auto& [name, running] : running_) running->forwarder->stop();  // all at the same time
    const auto deadline = net::deadline_in(stop_time);
    for (auto& [name, running] : running_) {
        auto ending = end(*running, deadline);
        co_await std::move(ending);
    }
    running_.clear();
}

std::vector<Forwarders::Status> Forwarders::status() const {
    std::vector<Status> all;
    const auto newest = newest_sequence(options_.log_folder);
    const auto now = net::Loop::now();
    for (const auto& [name, running] : running_) {
        Status status;
        static_cast<Forwarding::Status&>(status) = running->forwarder->report();
        status.settings = running->forwarder->settings();
        if (running->died()) {
            status.state = "failed";
            status.why = "it ended by itself, the journal says of what: reload begins it anew";
        }
        const auto next = status.sequence ? *status.sequence + 1 : 0;
        auto end = newest ? *newest + 1 : 0;
        if (status.sendable) end = std::min(end, *status.sendable);
        if (end > next) status.lag_records = end - next;
        if (status.lag_records > 0)
            status.lag = std::chrono::duration_cast<std::chrono::seconds>(now - status.caught_up);
        all.push_back(std::move(status));
    }
    return all;
}

}  // namespace sallyport::forward
