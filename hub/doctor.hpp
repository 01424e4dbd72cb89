#pragma once

#include "certs/certificate.hpp"
#include "daemon/doctor.hpp"
#include "hub/config.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace sallyport::hub {

/// All checks of `sallyport-hub doctor`, in the order in which they are told. Reads the
/// configuration and asks the daemon; both may be missing, which is a finding. `socket`: of the
/// daemon; empty: as the configuration says.
std::vector<daemon::Check> doctor_checks(const std::filesystem::path& config,
                                         const std::filesystem::path& socket);

// The parts that are pure.

/// What is wrong, from what the running hub says of itself (`status --json`). `digest`: of the
/// configuration on disk; empty: nobody knows.
daemon::Findings status_findings(const boost::json::object& status);
/// A certificate that the hub shows. `names`: that it is chosen for; empty: not looked at.
/// `renewed_by_hand`: else the hub makes itself another one in time.
enum class Renewal { by_hand, by_itself };
daemon::Judgement judge_shown(const certs::Certificate& certificate,
                              std::span<const std::string> names, Renewal renewal, certs::Time now);
/// So many descriptors the hub needs if all its limits are reached.
std::uint64_t descriptors_needed(const Config& config);

}  // namespace sallyport::hub
