#pragma once

#include "agent/readiness.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace sallyport::agent {

inline boost::json::array to_json(const std::vector<NotReady>& reasons) {
    boost::json::array all;
    for (const auto& reason : reasons) {
        boost::json::object one{{"code", reason.code}, {"text", reason.text}};
        if (!reason.hub.empty()) one["hub"] = reason.hub;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace sallyport::agent
