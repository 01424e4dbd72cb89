// Commands to a running program that change something: who gave them is put on record
// (docs/AUDIT.md#admin).
#pragma once

#include "audit/log.hpp"
#include "daemon/admin_caller.hpp"
#include "daemon/admin_verbs.hpp"
#include "daemon/unrecorded_acts.hpp"
#include "http/simple_service.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// 503 where the log must have the act, and cannot; else nothing.
std::optional<http::SimpleResponse> refuse_unrecorded(const AdminVerb& verb, const audit::Log& log);

/// Where acts are put on record. Both logs must outlive the pool.
struct ActRecorder {
    audit::Log& log;
    UnrecordedActs& unrecorded;  // takes them while the log has failed
    net::BlockingPool& pool;
    net::Loop& loop;
    bool witness;  // somebody is to countersign the log
};

/// Puts on record, on the pool, what came of a command, waits until that is sealed, and adds to the
/// answer what has become of the record. What an answer says in `changed` (object, before, after)
/// is on record, too. If the pool is too busy, the act is on record nevertheless, but without the
/// caller's account, and nobody waits for the seal. While the log has failed, the act goes to the
/// journal, and is kept until a log takes it.
net::Task<http::SimpleResponse> record_act(ActRecorder recorder, AdminCaller caller,
                                           std::string act, http::SimpleResponse answer);

/// What an answer says of its record, for people: one line.
std::string describe_record(const boost::json::object& answer);

}  // namespace sallyport::daemon
