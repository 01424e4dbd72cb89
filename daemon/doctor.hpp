#pragma once

#include "daemon/finding.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::daemon {

/// What checks run with.
struct DoctorBase {
    net::Loop& loop;
    net::BlockingPool& pool;
};

/// One question of `doctor`, with as many findings as it has steps: e.g. the way to one hub.
struct Check {
    std::string id{};     // of the finding that says that there was no time
    std::string title{};  // likewise
    /// A coroutine: it may wait, but not block. Adds what it finds as it goes; is cancelled when
    /// `patience` is over. The findings outlive it.
    std::function<net::Task<void>(DoctorBase, Findings&)> look{};
    std::chrono::milliseconds patience{std::chrono::seconds(60)};
};

/// A check that may block (files, disks, DNS): `look` runs on the pool, perhaps beyond the end of
/// the check, and so owns what it uses.
Check blocking_check(std::string id, std::string title, std::function<std::vector<Finding>()> look);
/// Findings that need no looking any more.
Check known(std::vector<Finding> findings);

/// Checks that are made at the same time.
inline constexpr std::size_t doctor_checks_at_once = 12;

struct DoctorListener {
    /// In the order of the checks, each as soon as all before it are there. May be empty.
    std::function<void(const Finding&)> found{};
    /// How many checks are done, and one that is under way ("" if none). May be empty.
    std::function<void(std::size_t done, std::size_t all, const std::string& waiting_for)>
        progress{};
};

/// Makes all checks; their findings, in their order.
std::vector<Finding> examine(std::vector<Check> checks, const DoctorListener& listener);

/// Where `doctor` prints.
struct DoctorOutput {
    std::ostream& out;
    std::ostream& err;
    bool json = false;
};

/// The command: examines, prints findings as they come, with progress on a terminal. Returns the
/// exit code: 0 nothing failed, 1 something did.
int run_doctor(std::vector<Check> checks, DoctorOutput output);

}  // namespace sallyport::daemon
