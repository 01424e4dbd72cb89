// What `audit verify` found, for people and for programs.
#pragma once

#include "audit/verify_generations.hpp"

#include <boost/json/object.hpp>

#include <ostream>

namespace sallyport::daemon {

boost::json::object verify_json(const audit::WholeReport& report);
void print_verified(const audit::WholeReport& report, std::ostream& out);

}  // namespace sallyport::daemon
