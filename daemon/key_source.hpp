#pragma once

#include "certs/token.hpp"
#include "net/deadline.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::net {
class TlsContext;
}

namespace sallyport::daemon {

/// Where an issuer publishes its keys, over HTTPS.
struct KeySource {
    std::string id;  // two sources with the same id are the same
    std::string host;
    std::uint16_t port = 443;
    std::string target;
    std::string authority;  // the Host field
    std::shared_ptr<const net::TlsContext> trust;
};

/// What is known of the keys of one source.
struct SourceKeys {
    std::optional<certs::KeySet> keys;  // the last good ones, perhaps of some hours ago
    std::uint64_t changes = 0;          // how often `keys` became other ones
    std::uint64_t fetches = 0;          // that have ended, well or not
    std::string error;                  // of the last fetch; empty: it went well
    net::Deadline fetched_at{};         // the last that went well
    net::Deadline refreshable_at{};     // a fetch asked for before this is not made
};

/// By the id of the source. Immutable: each change makes a new one.
using KeySnapshot = std::map<std::string, SourceKeys, std::less<>>;
using KeySnapshotPtr = std::shared_ptr<const KeySnapshot>;

}  // namespace sallyport::daemon
