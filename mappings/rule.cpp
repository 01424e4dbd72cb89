#include "mappings/rule.hpp"

namespace sallyport::mappings {

bool covers(const Rule& rule, std::string_view reading) {
    if (rule.match == Match::exact) return reading == rule.path;
    std::string_view base = rule.path;
    if (base.ends_with('/')) base.remove_suffix(1);
    if (!reading.starts_with(base)) return false;
    return reading.size() == base.size() || reading[base.size()] == '/';
}

}  // namespace sallyport::mappings
