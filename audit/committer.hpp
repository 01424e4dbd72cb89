#pragma once

#include "audit/log.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sallyport::audit {

/// The log's own thread: lets many wait for one disk. Whoever asks while a commit is under way
/// shares the next one.
class Committer {
public:
    /// More than this may not wait at once.
    static constexpr std::size_t waiting_max = 65'536;

    /// Makes everything up to the sequence durable; called from the thread only.
    using Commit = std::function<bool(Sequence)>;
    explicit Committer(Commit commit);
    ~Committer() { stop(); }
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    /// `done` is called from the thread. False if it was stopped or too many wait; `done` is not
    /// called then.
    bool request(Sequence up_to, std::function<void(bool)>& done);
    /// The same for the log itself, however many wait.
    bool request_always(Sequence up_to, std::function<void(bool)> done);
    /// A commit that nobody waits for.
    void wake();
    /// Answers who waits, then ends the thread.
    void stop();

private:
    struct Waiter {
        Sequence up_to;
        std::function<void(bool)> done;
    };
    void run();

    Commit commit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Waiter> waiting_;
    bool woken_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace sallyport::audit
