#pragma once

#include "hub/actor.hpp"
#include "hub/store_records.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::hub {

/// What an administrator did to the store, in a few words, never a secret.
struct Act {
    std::string_view act;  // "agent.revoke"; a literal
    std::string tenant_id{};
    std::string object{};
    std::string before{};
    std::string after{};
};

/// An act that is not on record yet (docs/AUDIT.md#outbox).
struct OutboxEntry {
    std::uint64_t id = 0;  // never given out again
    TimePoint at;
    Actor actor;
    std::string act;
    std::string tenant_id;
    std::string object;
    std::string before;
    std::string after;
};

/// So many wait until a hub runs that puts them on record; then nothing more is changed.
inline constexpr std::size_t outbox_rows_max = 100'000;

}  // namespace sallyport::hub
