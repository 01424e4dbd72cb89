#pragma once

#include "forward/batch_reader.hpp"
#include "forward/forwarding.hpp"
#include "forward/target.hpp"
#include "net/deadline.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::forward {

/// Brings the records of the log to one target, at least once each, and never holds more of them
/// than one batch: what the target does not take stays in the files. Files are read on the pool.
class Forwarder final : public Forwarding {
public:
    /// Between two writings of the cursor.
    static constexpr std::chrono::seconds keep_interval{1};
    static constexpr std::chrono::seconds keep_interval_failed{10};

    Forwarder(Wiring wiring, Settings settings);

    void keep_cursor() override;

private:
    struct Mark {
        net::Deadline begun;
        net::Deadline settled;
        Cursor cursor;
    };

    net::Task<Result<void>> deliver() override;
    void give_up() override;
    net::Task<void> finish() override;

    net::Task<Result<void>> prepare();
    net::Task<Result<void>> deliver_batch();
    net::Task<void> wait_for_more();
    net::Task<Result<void>> keep();
    net::Task<void> save(Cursor cursor);
    net::Task<Result<BatchReader::Place>> seek();
    net::Task<Result<BatchReader::Batch>> read();
    void note_skipped(std::uint64_t records);
    void note_sent(const Cursor& cursor);
    void settle();

    Begin begin_;
    std::unique_ptr<Target> target_;
    std::shared_ptr<BatchReader> reader_;  // also of a job that nobody waits for any more
    std::optional<Cursor> position_;       // of what was read
    std::optional<Cursor> safe_;           // a lost connection takes nothing before it along
    std::optional<Cursor> synced_;         // the target has made all up to it durable
    std::optional<Cursor> kept_;           // in the file
    net::Deadline keep_at_{};
    std::deque<Mark> unsettled_;
    bool began_ = false;   // the cursor was looked for
    bool at_end_ = false;  // of the log, as far as it was read
    bool told_change_ = false;
    bool told_not_kept_ = false;
    audit::Sequence seen_ = 0;  // gaps before it are counted
};

/// The target that the settings mean. Precondition: one that takes records, so not sftp.
std::unique_ptr<Target> make_target(Surroundings around, const Settings& settings,
                                    std::string_view program);

}  // namespace sallyport::forward
