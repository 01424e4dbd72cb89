#include "audit/problem_json.hpp"

#include <boost/json/object.hpp>

namespace sallyport::audit {

boost::json::array problems_json(std::span<const Problem> problems) {
    boost::json::array json;
    for (const auto& problem : problems)
        json.push_back(boost::json::object{{"file", problem.file},
                                           {"line", problem.line},
                                           {"verdict", problem.verdict},
                                           {"problem", problem.text}});
    return json;
}

}  // namespace sallyport::audit
