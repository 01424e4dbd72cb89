#include "daemon/config_change.hpp"

namespace sallyport::daemon {

std::string ConfigChange::categories_text() const {
    std::string text;
    for (const auto category : categories)
        text += (text.empty() ? "" : ",") + std::string(category);
    return text;
}

std::string ConfigChange::changes_text() const {
    std::string text;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (text.size() + changes[i].size() > changes_text_bytes_max) {
            const auto left = std::to_string(changes.size() - i);
            return text.empty() ? left + " changes"
                                : text.append("; and ").append(left).append(" more");
        }
        text += (text.empty() ? "" : "; ") + changes[i];
    }
    return text;
}

audit::ConfigurationChange ConfigChange::made_by(const ChangedBy& by) const {
    return {by.who, categories_text(), changes_text(), by.account};
}

}  // namespace sallyport::daemon
