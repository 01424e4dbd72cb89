#pragma once

#include "agent/config.hpp"
#include "agent/reachability.hpp"
#include "agent/site.hpp"
#include "certs/identity.hpp"
#include "daemon/doctor.hpp"
#include "daemon/machine.hpp"
#include "daemon/server_check.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::agent {

/// What `sallyport doctor` is asked for.
struct DoctorOrder {
    std::filesystem::path config;
    std::filesystem::path socket;  // of the daemon; empty: as the configuration says
    bool requests = true;          // web servers are asked with HEAD
};

/// The socket of the agent, which may run with the last good configuration while the present one,
/// `config`, is broken.
std::filesystem::path socket_to_ask(const DoctorOrder& order, const Result<Config>& config);

/// All checks of an agent, in the order in which they are told. Reads the configuration and asks
/// the daemon; both may be missing, which is a finding.
std::vector<daemon::Check> doctor_checks(const DoctorOrder& order);

// The parts of it.

/// A file that the configuration names or the agent has made, and what it must be like.
struct CheckedFile {
    std::filesystem::path path;
    daemon::FileRule rule;
    std::string what;             // "key of the tunnel"
    bool may_be_missing = false;  // then nothing is said of it
};
/// Pure.
std::vector<CheckedFile> checked_files(const Config& config);
/// Files and folders, and the file systems under them.
std::vector<daemon::Check> file_checks(const Config& config);

/// Whether the agent is enrolled, until when, and at whose hub. Reads the state folder.
std::vector<daemon::Finding> enrolment_findings(const Config& config, certs::Time now);
daemon::Judgement judge_identity(const certs::Identity& identity, const Config& config,
                                 certs::Time now);

/// The way to one hub up to an answer of it, and its clock.
daemon::Check hub_check(const HubConfig& hub, const Config& config);

/// The other servers that the configuration names: EST, identity providers, token servers, KDC,
/// targets of the audit log, witnesses. `site` may be null: then token servers are left out.
std::vector<daemon::Check> server_checks(const Config& config, const SitePtr& site);
/// Why the agent does not get its own ticket. Pure.
daemon::Judgement judge_kerberos(const Error& error, const KerberosAccount& account);

/// The way to each internal system that somebody is let through to. `requests`: see DoctorOrder.
std::vector<daemon::Check> back_end_checks(const SitePtr& site, bool requests);
/// What an answer means. Pure; shows nothing of a Location's query.
daemon::Judgement judge_web_answer(const ReachAnswer& answer, const mappings::Mapping& mapping);
/// The first path of its rules that a caller gets with GET: nothing is asked for that a caller
/// could not. Nothing: there is none. Pure.
std::optional<std::string> exposed_path(const mappings::Table& table,
                                        const mappings::Mapping& mapping, mappings::Moment now);
/// A back end that wants a client certificate and does not get it, or not the right one. Pure.
daemon::Judgement judge_certificate_lack(const Reachability& about);
/// Why a mapping is not looked at; nothing: it lets somebody through. Pure.
std::optional<daemon::Judgement> judge_closed(const Site& site, const mappings::Mapping& mapping,
                                              mappings::Moment now);

/// So many descriptors the agent needs if everything that is configured is used at once. Pure.
std::uint64_t descriptors_needed(const Config& config);

}  // namespace sallyport::agent
