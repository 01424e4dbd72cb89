#pragma once

#include "audit/log_keys.hpp"
#include "audit/verify.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Checkpoints that were kept elsewhere: by a hub, by a witness, by whoever verifies. Only they
/// tell that the newest records were cut off together with their checkpoints, or that the whole log
/// was replaced by an older one. One that cannot be compared proves nothing, and is a problem: only
/// a larger one of a witness, which has looked at what lies between, makes up for it.
class ForeignCheckpoints {
public:
    ForeignCheckpoints(const LogKeys& keys, const VerifyOptions& options);

    /// A checkpoint of the log itself: where what the log that followed says is the same, the log's
    /// own checks compare it with the records.
    void own(const tlog::Checkpoint& checkpoint);
    /// With the range [0, n) at each n, in their order.
    void reach(const tlog::Range& range);
    /// What of the log was not looked at because nobody asked for it.
    struct LeftOut {
        bool before = false;
        bool behind = false;
    };
    /// At the end of the records that are looked at; nothing if they could not be followed that
    /// far.
    void finish(std::optional<std::uint64_t> size, LeftOut left_out);
    bool waiting() const { return !waiting_.empty(); }

    std::vector<Problem> take_problems() { return std::move(problems_); }
    std::vector<std::string> take_notes() { return std::move(notes_); }

private:
    struct Foreign {
        std::uint64_t size;
        tlog::Hash root;
        std::string by;
        bool witnessed;
        std::string_view file = given;  // where it comes from
    };
    static constexpr std::string_view given = "--checkpoint";

    void take(std::string_view note, const LogKeys& keys, const VerifyOptions& options);
    void take(const Predecessor& told, const LogKeys& keys);
    void problem(std::string_view verdict, std::string text, std::string_view file = given) {
        problems_.push_back({std::string(file), 0, std::move(text), verdict});
    }

    std::vector<Foreign> waiting_;  // smallest last
    std::vector<Foreign> missed_;   // of records before those that are looked at
    std::uint64_t witnessed_ = 0;   // the largest of a witness that was compared
    std::vector<Problem> problems_;
    std::vector<std::string> notes_;
};

}  // namespace sallyport::audit
