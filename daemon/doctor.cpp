#include "daemon/doctor.hpp"

#include "base/terminal.hpp"
#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "net/within.hpp"

#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

using net::Task;

Task<Result<void>> look_to_the_end(Task<void> look) {
    co_await std::move(look);
    co_return Result<void>();
}

Task<void> look_on_pool(DoctorBase base, std::string id, std::string title,
                        std::function<std::vector<Finding>()> look, Findings& into) {
    std::function<Result<std::vector<Finding>>()> job = [look = std::move(look)] {
        return Result<std::vector<Finding>>(look());
    };
    auto found = co_await net::run_on_pool(base.pool, base.loop, std::move(job));
    if (found) {
        for (auto& finding : *found) into.add(std::move(finding));
    } else {
        into.add(std::move(id), std::move(title), Judgement::skipped(to_text(found.error())));
    }
}

Task<void> tell_known(std::vector<Finding> findings, Findings& into) {
    for (auto& finding : findings) into.add(std::move(finding));
    co_return;
}

/// All checks, and what is known of them.
class Examination {
public:
    Examination(std::vector<Check> checks, const DoctorListener& listener)
        : checks_(std::move(checks)),
          states_(checks_.size(), State::waiting),
          found_(checks_.size()),
          listener_(listener) {}

    std::vector<Finding> run() {
        net::Loop loop;
        {
            net::BlockingPool pool(doctor_checks_at_once);
            net::TaskGroup tasks(loop);
            const DoctorBase base{loop, pool};
            for (std::size_t i = 0; i < std::min(doctor_checks_at_once, checks_.size()); ++i)
                tasks.spawn("doctor", work(base));
            while (!tasks.empty()) loop.io.run_one();
        }
        tell_progress();
        return std::move(told_);
    }

private:
    enum class State : std::uint8_t { waiting, running, done };

    /// Takes one check after the other until there is none left.
    Task<void> work(DoctorBase base) {
        while (next_ < checks_.size()) {
            const auto mine = next_++;
            auto& check = checks_[mine];
            states_[mine] = State::running;
            tell_progress();
            auto look = look_to_the_end(check.look(base, found_[mine]));
            const auto done =
                co_await net::within(net::deadline_in(check.patience), std::move(look));
            if (!done)
                found_[mine].add(
                    check.id, check.title,
                    Judgement::failed(
                        "no end within " + std::to_string(check.patience.count() / 1000) + " s",
                        "Look at what answers so slowly: the last line before this "
                        "one is how far it came."));
            states_[mine] = State::done;
            tell();
        }
    }

    void tell() {
        for (; told_checks_ < checks_.size() && states_[told_checks_] == State::done;
             ++told_checks_)
            for (const auto& finding : found_[told_checks_].all()) {
                if (listener_.found) listener_.found(finding);
                told_.push_back(finding);
            }
        tell_progress();
    }

    void tell_progress() const {
        if (!listener_.progress) return;
        const auto done = std::ranges::count(states_, State::done);
        const auto running = std::ranges::find(states_, State::running);
        listener_.progress(
            static_cast<std::size_t>(done), checks_.size(),
            running == states_.end()
                ? std::string()
                : checks_[static_cast<std::size_t>(running - states_.begin())].title);
    }

    std::vector<Check> checks_;
    std::vector<State> states_;
    std::vector<Findings> found_;  // of each check
    const DoctorListener& listener_;
    std::size_t next_ = 0;         // check that nobody has begun with
    std::size_t told_checks_ = 0;  // of so many all findings are told
    std::vector<Finding> told_;
};

/// A line on a terminal that the next one replaces.
class DoctorProgress {
public:
    explicit DoctorProgress(std::ostream& err) : err_(err), wanted_(::isatty(STDERR_FILENO) == 1) {}

    void show(std::size_t done, std::size_t all, const std::string& waiting_for) {
        if (!wanted_) return;
        clear();
        if (waiting_for.empty()) return;
        err_ << for_terminal("  " + std::to_string(done) + " of " + std::to_string(all) +
                             " checks done, waiting for: " + waiting_for)
             << std::flush;
        shown_ = true;
    }
    void clear() {
        if (shown_) err_ << "\r\x1b[K" << std::flush;
        shown_ = false;
    }

private:
    std::ostream& err_;
    bool wanted_;
    bool shown_ = false;
};

}  // namespace

Check blocking_check(std::string id, std::string title,
                     std::function<std::vector<Finding>()> look) {
    auto begin = [id, title, look = std::move(look)](DoctorBase base, Findings& into) {
        return look_on_pool(base, id, title, look, into);
    };
    return {.id = std::move(id), .title = std::move(title), .look = std::move(begin)};
}

Check known(std::vector<Finding> findings) {
    const auto first = findings.empty() ? Finding() : findings.front();
    return {.id = first.id,
            .title = first.title,
            .look = [findings = std::move(findings)](DoctorBase, Findings& into) {
                return tell_known(findings, into);
            }};
}

std::vector<Finding> examine(std::vector<Check> checks, const DoctorListener& listener) {
    Examination examination(std::move(checks), listener);
    return examination.run();
}

int run_doctor(std::vector<Check> checks, DoctorOutput output) {
    const auto paint = Paint::of(STDOUT_FILENO);
    DoctorProgress line(output.err);
    DoctorListener listener;
    listener.progress = [&](std::size_t done, std::size_t all, const std::string& waiting_for) {
        line.show(done, all, waiting_for);
    };
    if (!output.json)
        listener.found = [&](const Finding& finding) {
            line.clear();
            output.out << finding_text(finding, paint) << std::flush;
        };
    const auto findings = examine(std::move(checks), listener);
    line.clear();
    if (output.json)
        output.out << boost::json::serialize(findings_json(findings)) << '\n';
    else
        output.out << summary_text(findings, paint);
    return exit_code_of(findings);
}

}  // namespace sallyport::daemon
