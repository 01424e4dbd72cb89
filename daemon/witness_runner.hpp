#pragma once

#include "audit/log.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "tlog/verifier_key.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::daemon {

/// What a witness said to a checkpoint.
struct WitnessReply {
    enum class Kind : std::uint8_t {
        cosigned,
        stale,    // it has countersigned `size`
        refused,  // for a reason that does not go away by itself
        failed    // it could not be asked; later may work
    };
    Kind kind = Kind::failed;
    std::uint64_t size = 0;
    std::string lines{};  // its signature lines
    std::string code{};   // of a refusal, for programs
    std::string text{};
};

/// Has one witness countersign the audit log, for as long as it runs: offers what it has not seen,
/// keeps its signatures, and says loudly when it refuses. Everything on one loop's thread.
class WitnessRunner {
public:
    static constexpr std::chrono::seconds retry_first{5};
    static constexpr std::chrono::seconds retry_max{300};
    static constexpr int stale_max = 3;  // in a row
    /// Between two checkpoints that cannot wait for the interval.
    static constexpr std::chrono::milliseconds gap_min{1000};

    struct Wiring {
        net::Loop& loop;
        net::BlockingPool& pool;
        audit::Log& log;
        std::string name;
        std::chrono::milliseconds interval;  // between two checkpoints, at least
        /// What its signatures are checked with; nothing while it must not be asked.
        std::function<std::optional<tlog::VerifierKey>()> key;
        std::function<net::Task<WitnessReply>(audit::Unwitnessed)> ask;
        std::string_view help = "docs/AUDIT.md#witness-alarms";  // where refusals are explained
    };
    explicit WitnessRunner(Wiring wiring) : wiring_(std::move(wiring)), wake_(wiring_.loop.turn) {}

    /// Until it is cancelled.
    net::Task<void> run();
    /// There may be something new. What is urgent does not wait for the interval, but is not
    /// offered to a witness that has just failed or refused.
    void wake(audit::Haste haste);
    /// The witness can be reached again: now rather than later.
    void hurry();
    /// Asks it now, if it owes as many records; says whether it does.
    bool press(std::uint64_t size);
    /// Whether it can be asked, as far as is known, and has not countersigned so many records.
    bool owes(std::uint64_t size) const;
    /// For status, log and audit log, until it countersigns again.
    void refuse(std::string code, std::string text);

    boost::json::object status() const;

private:
    net::Task<std::optional<audit::Unwitnessed>> next();
    net::Task<void> exchange(audit::Unwitnessed offer);
    net::Task<void> keep(audit::Unwitnessed offer, std::string lines);
    net::Task<void> go_on_from(std::uint64_t size);
    void fail(std::string text);
    void pause(std::chrono::seconds time);
    net::Deadline due() const { return haste_ == audit::Haste::at_once ? due_at_once_ : due_; }

    Wiring wiring_;
    net::Event wake_;
    audit::Haste haste_ = audit::Haste::usual;
    net::Deadline due_{};
    net::Deadline due_at_once_{};
    net::Deadline countersigned_at_{};
    std::chrono::seconds retry_ = retry_first;
    int stale_ = 0;
    std::string refusal_code_;
    std::string refusal_;
    std::string last_error_;
};

/// What `status` tells people of the witnesses, in lines.
std::string describe_witnesses(const boost::json::array& witnesses);

}  // namespace sallyport::daemon
