#pragma once

#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"
#include "forward/cursor.hpp"
#include "forward/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sallyport::forward {

/// The records of a log behind some place, in their order, read from its files while they are
/// written, compressed and deleted. Holds no more in memory than one line. After an error a new
/// one is made.
class Source {
public:
    using Emit = std::function<void(audit::Sequence, std::string_view line)>;

    /// Gaps before `seen` are counted already.
    Source(std::filesystem::path folder, std::optional<Cursor> after, Begin begin,
           audit::Sequence seen = 0);

    /// Goes to the place where reading begins, over at most `bytes_max` of the log. Says whether it
    /// is there; if not, call again. If the log has no longer the record of the cursor, or another
    /// one in its place, that is the beginning of the segment that the cursor means; in another log
    /// than that of the cursor, its beginning.
    /// Errors: those of LineReader.
    Result<bool> seek(std::size_t bytes_max);

    /// Gives the whole lines that follow, some more than `bytes_max` bytes at most. Says whether
    /// the present end was reached. Precondition: seek() said yes. Errors: those of LineReader;
    /// Errc::closed if what is being read is not the log's any more: it was put aside.
    Result<bool> read(std::size_t bytes_max, const Emit& emit);

    /// Of the last record that was read or passed over; nullopt if there was none.
    const std::optional<Cursor>& position() const { return position_; }
    /// Of the line that read() gives.
    const audit::Segment& segment() const { return segment_; }
    /// Records that are not there any more, or cannot be read, since this was made.
    std::uint64_t skipped() const { return skipped_; }
    /// The log is not the one that the cursor was made for.
    bool log_changed() const { return log_changed_; }

private:
    enum class Phase { unopened, finding, passing, giving };

    Result<bool> walk(std::size_t bytes_max, const Emit& emit);
    Result<bool> begin();
    Result<void> open(const audit::Segment& segment);
    Result<bool> turn_page();
    Result<void> check_place() const;
    Result<const std::vector<audit::Segment>*> segments();
    void take(std::string_view line, const Emit& emit);
    void find(audit::Sequence sequence, std::string_view line);
    void read_again();
    void forget_place();
    void keep_position();

    std::filesystem::path folder_;
    std::optional<Cursor> after_;
    Begin begin_;
    Phase phase_ = Phase::unopened;
    std::vector<audit::Segment> segments_;  // that have records, as of the last listing
    std::filesystem::file_time_type listed_{};
    audit::Segment segment_;
    struct Identity {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(const Identity&) const = default;
    };
    static std::optional<Identity> identity_of(const std::filesystem::path& file);
    std::optional<Identity> identity_;  // of the segment's file
    std::optional<audit::LineReader> lines_;
    bool complete_ = false;  // nothing is added to the segment any more
    bool lost_place_ = false;
    std::string last_;  // line
    std::optional<audit::Sequence> last_sequence_;
    std::optional<audit::Sequence> next_;  // sequence that should come
    std::optional<Cursor> position_;
    audit::Sequence seen_;
    std::uint64_t skipped_ = 0;
    bool log_changed_ = false;
};

}  // namespace sallyport::forward
