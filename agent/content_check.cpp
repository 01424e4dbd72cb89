#include "agent/content_check.hpp"

namespace sallyport::agent {

std::vector<std::unique_ptr<ContentCheck>> ContentCheck::make(const mappings::FileChecks& wanted) {
    std::vector<std::unique_ptr<ContentCheck>> checks;
    if (wanted.json) checks.push_back(make_json_check());
    if (wanted.xml) checks.push_back(make_xml_check());
    return checks;
}

}  // namespace sallyport::agent
