#pragma once

#include "daemon/config_change.hpp"

#include <algorithm>
#include <string>
#include <string_view>
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
        const auto find = [&](const std::vector<T>& all, const T& one) {
            return std::ranges::find_if(all,
                                        [&](const T& other) { return name(other) == name(one); });
        };
        const auto called = [&](const T& one) { return std::string(kind) + " " + name(one); };
        for (const auto& one : before)
            if (find(after, one) == after.end()) note(category, called(one) + " removed");
        for (const auto& one : after) {
            const auto old = find(before, one);
            if (old == before.end())
                note(category, called(one) + " added");
            else if (!(*old == one))
                each(*old, one, called(one));
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
