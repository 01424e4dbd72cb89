#pragma once

#include "daemon/admin_caller.hpp"
#include "http/simple_service.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace sallyport::daemon {

/// Why a program is not ready.
struct NotReady {
    std::string code;      // for programs: "draining", "no_link"; see docs/MONITORING.md
    std::string text;      // what it means, for people
    std::string hub = {};  // of an agent: which hub; empty: not of a hub
    bool operator==(const NotReady&) const = default;
};

boost::json::array to_json(const std::vector<NotReady>& reasons);
/// All reasons in one line, "" if there is none.
std::string to_text(const std::vector<NotReady>& reasons);

/// GET /livez: 503 if one of `loops` does not answer (see count_silent). `own` is the caller's.
net::Task<http::SimpleResponse> answer_livez(net::Loop& own, std::vector<net::Executor> loops);

/// GET /readyz: 503 if there is a reason. Who has not logged in learns no more than the one word.
http::SimpleResponse answer_readyz(const std::vector<NotReady>& reasons, AdminRight right);

}  // namespace sallyport::daemon
