#pragma once

#include "http/simple_service.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace sallyport::daemon {

/// 200 and this, which need not be an object.
inline http::SimpleResponse sap_answer(const boost::json::value& facts) {
    http::SimpleResponse response;
    response.body = boost::json::serialize(facts);
    return response;
}

}  // namespace sallyport::daemon
