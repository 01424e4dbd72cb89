#include "daemon/health_answers.hpp"

#include "daemon/admin_routes.hpp"
#include "daemon/pulse.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace sallyport::daemon {
namespace {

constexpr int not_well_status = 503;

}  // namespace

boost::json::array to_json(const std::vector<NotReady>& reasons) {
    boost::json::array all;
    for (const auto& reason : reasons) {
        boost::json::object one{{"code", reason.code}, {"text", reason.text}};
        if (!reason.hub.empty()) one["hub"] = reason.hub;
        all.push_back(std::move(one));
    }
    return all;
}

std::string to_text(const std::vector<NotReady>& reasons) {
    std::string text;
    for (const auto& reason : reasons) {
        if (!text.empty()) text += "; ";
        text += reason.text;
    }
    return text;
}

net::Task<http::SimpleResponse> answer_livez(net::Loop& own, std::vector<net::Executor> loops) {
    const auto silent = co_await count_silent(own, std::move(loops), pulse_patience);
    auto answer = admin_answer({{"live", silent == 0}, {"loops_silent", silent}});
    if (silent > 0) answer.status = not_well_status;
    co_return answer;
}

http::SimpleResponse answer_readyz(const std::vector<NotReady>& reasons, AdminRight right) {
    boost::json::object facts{{"ready", reasons.empty()}};
    if (right >= AdminRight::look) facts["not_ready"] = to_json(reasons);
    auto answer = admin_answer(facts);
    if (!reasons.empty()) answer.status = not_well_status;
    return answer;
}

}  // namespace sallyport::daemon
