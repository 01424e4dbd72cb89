#pragma once

#include "hub/readiness.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace sallyport::hub {

inline boost::json::array to_json(const std::vector<NotReady>& reasons) {
    boost::json::array all;
    for (const auto& reason : reasons)
        all.push_back(boost::json::object{{"code", reason.code}, {"text", reason.text}});
    return all;
}

}  // namespace sallyport::hub
