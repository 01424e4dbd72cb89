#pragma once

#include <chrono>
#include <string_view>

/// The synthetic exchange by which hub and agent know that the whole way between them works
/// (docs/PROTOCOL.md#ready).
namespace sallyport::tunnel {

/// What it asks for. No mapping can have that name; and since it carries no exchange id, unlike all
/// that a client sends, nobody but the hub itself can ask for it.
inline constexpr std::string_view ready_authority = "ready.sallyport.invalid:443";

inline constexpr std::chrono::seconds ready_interval_default{15};
/// Of one synthetic exchange.
inline constexpr std::chrono::seconds ready_patience{5};

/// How long one that was answered counts.
constexpr std::chrono::milliseconds ready_lasts(std::chrono::milliseconds interval) {
    return 3 * interval + ready_patience;
}

}  // namespace sallyport::tunnel
