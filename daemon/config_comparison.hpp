#pragma once

#include "daemon/config_change.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::daemon {

struct AuditConfig;

/// Finds what is different in another configuration, part by part. Categories are literals.
class Comparison {
public:
    void note(std::string_view category, std::string change) {
        change_.categories.insert(category);
        change_.changes.push_back(std::move(change));
    }

    /// Where one thing differs from another.
    template <class T>
    void part(std::string_view category, std::string_view name, const T& before, const T& after) {
        if (!(before == after)) note(category, std::string(name) + " changed");
    }

    /// Tables with names: added, removed, and those of both by `each`.
    template <class T, class Name, class Each>
    void tables(std::string_view category, std::string_view kind, const std::vector<T>& before,
                const std::vector<T>& after, Name name, Each each) {
        using Named = std::unordered_map<std::string, const T*>;  // there may be thousands
        const auto index = [&](const std::vector<T>& all) {
            Named named;
            for (const auto& one : all) named.emplace(name(one), &one);
            return named;
        };
        const Named old_ones = index(before);
        const Named new_ones = index(after);
        const auto called = [&](const T& one) { return std::string(kind) + " " + name(one); };
        for (const auto& one : before)
            if (!new_ones.contains(name(one))) note(category, called(one) + " removed");
        for (const auto& one : after) {
            const auto old = old_ones.find(name(one));
            if (old == old_ones.end())
                note(category, called(one) + " added");
            else if (!(*old->second == one))
                each(*old->second, one, called(one));
        }
    }

    /// As tables(), where it is enough to say that one changed.
    template <class T, class Name>
    void list(std::string_view category, std::string_view kind, const std::vector<T>& before,
              const std::vector<T>& after, Name name) {
        tables(category, kind, before, after, name,
               [&](const T&, const T&, const std::string& called) {
                   note(category, called + " changed");
               });
    }

    /// The [audit] table, which both programs have.
    void audit(const AuditConfig& before, const AuditConfig& after);

    ConfigChange take() { return std::move(change_); }

private:
    ConfigChange change_;
};

}  // namespace sallyport::daemon
