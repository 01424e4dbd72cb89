#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// What an administrator did, or tried: the texts of `admin.action` (docs/AUDIT.md#admin).
struct DoneAct {
    std::string act;
    std::string who;
    std::string account{};
    std::string object{};
    std::string before{};
    std::string after{};
    std::string outcome{};
    std::string reason{};
};

/// Acts that were carried out while the audit log had failed: kept in a file until a log has them,
/// that of the next process if need be (docs/AUDIT.md#unrecorded). Thread safe; every member
/// blocks while the disk works.
class UnrecordedActs {
public:
    /// What the file may hold. It has this room from the start on, since a log fails most often
    /// because the disk is full.
    static constexpr std::size_t kept_bytes_max = 64 * 1024;

    /// `log_folder`: the file is beside it, with `.acts` behind its name.
    explicit UnrecordedActs(const std::filesystem::path& log_folder);

    /// Once at the start: makes the file, and puts on record what the process before has left
    /// there. What fails is said in the journal.
    void take_over(audit::Log& log);

    /// Says the act in the journal, and keeps it, durable when this returns. Errors: Errc::limit
    /// if the file is full; the operating system's. It stands in the journal only then.
    Result<void> keep(const DoneAct& act, audit::WallTime done_at);

    /// Puts on record what is kept, the oldest first, and forgets it when that is sealed: after a
    /// kill in between it is recorded twice. Does nothing if nothing is kept, or while the log has
    /// failed. Errors: why the log failed meanwhile; the operating system's.
    Result<void> settle(audit::Log& log);

    /// For the journal alone.
    static void tell(const DoneAct& act, bool kept);

private:
    Result<void> prepare();

    std::filesystem::path path_;
    std::mutex mutex_;
    bool empty_ = false;  // nothing is kept, as far as this process knows
};

/// Appends the act to the log. `done_at`: when, if that is not now (RFC 3339).
audit::Sequence append_act(audit::Log& log, const DoneAct& act, std::string_view done_at = {});

}  // namespace sallyport::daemon
