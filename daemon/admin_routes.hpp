#pragma once

#include "daemon/admin_act.hpp"
#include "daemon/admin_caller.hpp"
#include "daemon/admin_refusals.hpp"
#include "daemon/admin_verbs.hpp"
#include "http/simple_service.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// One request to local administration that may be carried out.
struct AdminCall {
    const http::SimpleRequest& request;
    const AdminCaller& caller;

    std::string_view body() const { return request.body; }
    std::string_view query() const { return query_of(request.head.target); }
};

/// What a running program can be asked for, over whatever way: the one table of its verbs. Decides
/// who may, and puts on record what changes something and what was refused. `GET /v1` lists the
/// table; nothing that does not stand there is answered.
class AdminRoutes {
public:
    /// A coroutine, or a function that returns one. References stay valid until it ends.
    using Answer = std::function<net::Task<http::SimpleResponse>(const AdminCall&)>;

    /// `recorder` is asked for each act; `refusals` outlives this.
    AdminRoutes(std::function<ActRecorder()> recorder, AdminRefusals& refusals);

    /// `after` is called when the act is on record and its answer not given yet. May be empty.
    void add(AdminVerb verb, Answer answer, std::function<void()> after = {});

    net::Task<http::SimpleResponse> serve(const http::SimpleRequest& request,
                                          const AdminCaller& caller);

    /// Whether everybody who comes as far may ask for it.
    bool is_open(std::string_view method, std::string_view target) const;

    /// {"verbs": [{"method", "path", "needs", "act"}]}
    boost::json::object describe() const;

private:
    struct Doing {
        Answer answer;
        std::function<void()> after;
    };
    net::Task<http::SimpleResponse> list();
    net::Task<http::SimpleResponse> refuse(const AdminDecision& decision,
                                           const http::SimpleRequest& request,
                                           const AdminCaller& caller);

    std::function<ActRecorder()> recorder_;
    AdminRefusals& refusals_;
    std::vector<AdminVerb> verbs_;
    std::vector<Doing> doings_;  // of the verbs, in their order
};

/// 200 and this.
http::SimpleResponse admin_answer(const boost::json::object& facts);
/// 200 {"done": true}
http::SimpleResponse admin_done();

}  // namespace sallyport::daemon
