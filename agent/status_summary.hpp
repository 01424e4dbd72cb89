#pragma once

#include "base/paint.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sallyport::agent {

/// The first lines of `sallyport status`: whether it is ready, what is up, then what is wrong and
/// what to do about it. Pure. `digest`: of the configuration on disk; empty: nobody knows.
std::string status_summary(const boost::json::object& status, const std::string& digest,
                           const Paint& paint);

}  // namespace sallyport::agent
