#include "daemon/audit_key.hpp"

#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <functional>

namespace sallyport::daemon {
net::Task<http::SimpleResponse> rotate_audit_key(audit::Log& log, net::BlockingPool& pool,
                                                 net::Loop& loop, std::string who) {
    std::function<Result<audit::KeyChange>()> change = [&log, who = std::move(who)] {
        return log.change_key(who);
    };
    const auto changed = co_await net::run_on_pool<audit::KeyChange>(pool, loop, std::move(change));
    if (!changed)
        co_return admin_error(
            503, "audit_unavailable",
            "the key of the audit log was not changed: " + to_text(changed.error()));
    http::SimpleResponse response;
    response.body = boost::json::serialize(boost::json::object{{"done", true},
                                                               {"before", changed->before},
                                                               {"after", changed->after},
                                                               {"size", changed->size}});
    co_return response;
}

std::string describe_key_change(const boost::json::object& change) {
    return "the audit log is signed with a new key from record " + text_of(change.at("size")) +
           " on; keep its public half elsewhere:\n" + text_of(change.at("after")) + "\n";
}

}  // namespace sallyport::daemon
