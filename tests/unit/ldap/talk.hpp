#pragma once

#include "ldap/inspector.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::ldap {

/// Both sides of a connection: what each has received, and what is on record.
class Talk {
public:
    explicit Talk(Policy policy)
        : policy_(std::make_shared<const Policy>(std::move(policy))),
          inspector({.policy = *policy_, .system = "ldap.test:389"}) {}

    /// All at once, or in pieces of `chunk` bytes.
    Talk& client(std::string_view bytes, std::size_t chunk = 0);
    Talk& back_end(std::string_view bytes, std::size_t chunk = 0);

private:
    std::shared_ptr<const Policy> policy_;

public:
    Inspector inspector;
    std::string to_back_end{};
    std::string to_client{};
    /// "search 2 as cn=admin", "refused modify 3: operation_denied", "unseen: ...", "broken: ..."
    std::vector<std::string> events{};
    bool closed = false;
    std::size_t held_bytes_most = 0;

private:
    void go(std::string& held, bool is_client);
    void note(const Step& step);
    std::string held_of_client_{};
    std::string held_of_back_end_{};
};

}  // namespace sallyport::ldap
