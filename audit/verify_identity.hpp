#pragma once

#include "audit/record.hpp"
#include "audit/verify.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// What records say of the log itself: whose it is, and why its beginning is not there. Compared
/// with what the checkpoints say.
class IdentityCheck {
public:
    /// Of which records are looked at, and what the log that followed says of this one.
    explicit IdentityCheck(const VerifyOptions& options)
        : ranged_(options.since || options.until), told_(options.told) {}

    void take(const Record& record);
    /// With the findings of both in `report`.
    void compare(Report& report) const;

private:
    struct Start {
        Sequence sequence;
        std::string origin;
        std::string vkey;
    };
    struct Pruned {
        Sequence first;
        std::string policy;
        WallTime time;
    };
    void compare_beginning(Report& report) const;
    void compare_keys(Report& report) const;

    bool ranged_;  // not all records are looked at
    std::optional<Predecessor> told_;
    std::vector<Start> starts_;
    std::vector<std::string> new_keys_;
    std::optional<Pruned> pruned_;  // the furthest
    std::optional<Predecessor> predecessor_;
};

}  // namespace sallyport::audit
