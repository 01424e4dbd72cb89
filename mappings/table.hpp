#pragma once

#include "mappings/mapping.hpp"
#include "mappings/moment.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::mappings {

/// What a request wants, in words that need no HTTP type. Views; only looked at during decide().
struct Access {
    std::string_view authority;  // as the client wrote it; port 80 if it names none
    std::string_view target;     // origin-form, raw bytes
    std::string_view method;
    /// Values of X-HTTP-Method, X-HTTP-Method-Override and X-Method-Override, all of them.
    std::span<const std::string_view> method_overrides{};
    bool upgrade = false;  // to WebSocket
    /// Bytes both ways; target and method say nothing then.
    bool stream = false;
    /// The hub it came through; a mapping may be for one hub only. Empty: not looked at.
    std::string_view hub{};
};

enum class Denial {
    none,
    malformed,             // can be read in two ways, or not at all
    system_not_exposed,    // no such mapping for this hub
    mapping_disabled,      // there is one, but for the caller there is none
    mapping_expired,       // likewise
    maintenance,           // later
    not_a_stream,          // it answers requests
    only_a_stream,         // it takes no requests
    resource_not_exposed,  // no rule covers the path in every reading
    method_not_allowed,    // a rule covers the path, but not with this method
    upgrade_not_allowed,   // nor as a WebSocket
    batch_not_allowed,     // nor as a batch
    rule_expired,          // a rule allowed it until it expired; for the caller there is none
};

/// The answer to "may this pass?", and by what. Pointers into the table.
struct Decision {
    const Mapping* mapping = nullptr;
    const Rule* rule = nullptr;       // null for a stream, which its mapping allows
    std::size_t rule_number = 0;      // as in the configuration, from 1
    std::uint16_t internal_port = 0;  // of the internal host, where there is a mapping
    Denial denial = Denial::none;
    std::string detail{};               // for malformed: why
    std::string_view effective_method;  // after the override header; a view into the Access

    bool allowed() const { return denial == Denial::none; }
};

/// What the caller is told about a denial. Tools match on the sentences for systems and resources
/// that are not exposed, so they are worded as SAP Cloud Connector words them.
std::string denial_text(const Decision& decision, const Access& access);

/// What the caller is not told: "mapping_disabled", "mapping_expired", "rule_expired"; else empty.
std::string_view hidden_reason(Denial denial);
/// The same in words, for the administrator.
std::string hidden_text(const Decision& decision);

/// All mappings of a site. Immutable; deny by default: what no enabled rule names does not exist.
class Table {
public:
    Table() = default;
    /// Errors: Errc::conflict for two mappings of one virtual host and port, Errc::malformed for a
    /// rule whose path is not plain.
    static Result<Table> create(std::vector<Mapping> mappings);

    /// Pure. A plain path costs no allocation. What has expired by `now` is closed.
    Decision decide(const Access& access, Moment now) const;

    const Mapping* find(std::string_view authority) const { return look_up(authority).mapping; }
    std::span<const Mapping> mappings() const { return mappings_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    struct Place {
        const Mapping* mapping = nullptr;
        std::uint16_t internal_port = 0;
    };
    struct Index {
        std::size_t mapping = 0;
        std::uint16_t internal_port = 0;
    };
    Place look_up(std::string_view authority) const;

    std::vector<Mapping> mappings_;
    std::unordered_map<std::string, Index, Hash, std::equal_to<>> by_name_;  // "host:port"
};

}  // namespace sallyport::mappings
