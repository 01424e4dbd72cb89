// Who is to get the records before retention deletes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Somebody who has not got everything yet, perhaps.
struct Taker {
    std::string name;        // as status and the record name it: "forward siem"
    std::uint64_t from = 0;  // has all records before this one
};

struct Takers {
    std::vector<Taker> targets{};          // each has to get everything
    std::vector<std::string> witnesses{};  // of these one has to countersign everything
};

/// Asked from the log's own threads. Must not call the log.
using AskTakers = std::function<Takers()>;

}  // namespace sallyport::audit
