#pragma once

#include "agent/hub_links.hpp"
#include "agent/worker.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string_view>
#include <vector>

namespace sallyport::agent {

/// One link, as `status` and `top` tell of it.
boost::json::object to_json(const HubLinks::Status& link);

/// [{"name", "up", "links"}], each hub once, with the links of all workers.
boost::json::array links_of(const std::vector<Worker::Status>& workers);

/// Connections of all workers to the back end of that mapping.
PoolStatus pool_of(const std::vector<Worker::Status>& workers, std::string_view mapping);

}  // namespace sallyport::agent
