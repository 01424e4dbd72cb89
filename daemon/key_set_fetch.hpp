#pragma once

#include "daemon/key_source.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <string>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::daemon {

struct FetchedKeys {
    certs::KeySet keys;
    std::string text;  // as it came, to see whether the next one is another
};

/// One GET of a key set. No redirect is followed: the keys come from the host that was configured
/// and whose certificate was checked, or not at all.
/// Errors: those of dialling, TLS and http::fetch, Errc::unavailable (another status than 200) and
/// of KeySet::from_json.
net::Task<Result<FetchedKeys>> fetch_key_set(net::Loop& loop, net::BlockingPool& pool,
                                             KeySource source, net::Deadline deadline);

}  // namespace sallyport::daemon
