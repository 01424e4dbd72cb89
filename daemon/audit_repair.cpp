#include "daemon/audit_repair.hpp"

#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/audit_report.hpp"

#include <boost/json/serialize.hpp>

#include <functional>

namespace sallyport::daemon {

net::Task<Result<audit::Repair>> repair_audit(audit::Log& log, net::BlockingPool& pool,
                                              net::Loop& loop) {
    std::function<Result<audit::Repair>()> repair = [&log] { return log.repair(); };
    co_return co_await net::run_on_pool<audit::Repair>(pool, loop, std::move(repair));
}

http::SimpleResponse repair_answer(const Result<audit::Repair>& repaired) {
    if (!repaired)
        return admin_error(503, "audit_unavailable",
                           "the audit log cannot be written: " + to_text(repaired.error()) +
                               "; make room or give the rights, then repeat this");
    http::SimpleResponse response;
    response.body = boost::json::serialize(to_json(*repaired));
    return response;
}

}  // namespace sallyport::daemon
