#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// What a hub.toml says, in the words in which it is written. It may be broken: whether what it
/// says is valid is the parser's to say. Pure.
class ConfigWords {
public:
    /// Key -> value as it is written; nothing: a line of which nobody can say what it means.
    using Values = std::map<std::string, std::optional<std::string>>;

    static ConfigWords of(std::string_view text);

    /// "hub.name"; not those of [[certificate]].
    const Values& values() const { return values_; }
    /// Each [[certificate]], "names", in their order.
    const std::vector<Values>& certificates() const { return certificates_; }

    /// Keys that one of the two has and the other has not, or in other words; with what nobody can
    /// say the meaning of.
    static std::set<std::string> differences(const ConfigWords& before, const ConfigWords& now);
    /// Whether two tables say the same, all of it understood.
    static bool are_same(const Values& before, const Values& now);

private:
    Values values_;
    std::vector<Values> certificates_;
};

}  // namespace sallyport::hub
