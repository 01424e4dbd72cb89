// What the log does from time to time, in its own thread or when it is asked.
#include "audit/writer.hpp"
#include "base/log.hpp"

namespace sallyport::audit {
namespace {

void say(const Watermarks::Level& level, const Space& space, OnFailure on_failure) {
    const auto used = used_percent(space);
    if (level.nearly_full) {
        log::error("audit.nearly_full",
                   {{"used_percent", used},
                    {"free_bytes", space.free_bytes},
                    {"exchanges", on_failure == OnFailure::block ? "refused" : "UNRECORDED"},
                    {"do", "make room; it ends by itself then"}});
        return;
    }
    const auto write = level.percent == 0 ? log::info : log::warn;
    write("audit.watermark",
          {{"percent", level.percent}, {"used_percent", used}, {"free_bytes", space.free_bytes}});
}

}  // namespace

Storage Log::Writer::storage() const {
    const std::lock_guard lock(storage_mutex_);
    return storage_;
}

void Log::Writer::look_after() {
    const std::lock_guard keeping(upkeep_mutex_);
    watch_space();
    watch_checkpoints();
    if (goes_on()) keep_to_policy();
    if (goes_on()) pack_segments();
    if (!closed_) look_at_files();
}

/// Of a busy day with a short interval there are many.
void Log::Writer::watch_checkpoints() {
    const auto files = list_checkpoint_files(settings_.folder);
    if (!files || files->empty() || files->back().bytes < checkpoint_file_bytes_enough) return;
    {
        const std::lock_guard lock(file_mutex_);
        if (!segments_ || segments_->name() != segment_name(files->back().first)) return;
    }
    const std::lock_guard lock(compose_mutex_);
    composer_->end_full_segment();
}

/// For what somebody waits for: what nobody waits for gives way.
std::unique_lock<std::mutex> Log::Writer::hold_upkeep() {
    ++upkeep_wanted_;
    std::unique_lock lock(upkeep_mutex_);
    --upkeep_wanted_;
    return lock;
}

void Log::Writer::watch_space() {
    const auto space = disk_->space(settings_.folder);
    if (!space) return;  // a folder that is not there is a log that has failed
    const auto change = watermarks_.observe(*space);
    {
        const std::lock_guard lock(storage_mutex_);
        storage_.total_bytes = space->total_bytes;
        storage_.free_bytes = space->free_bytes;
        storage_.watermark_percent = watermarks_.level().percent;
    }
    if (!change) return;
    say(*change, *space, on_failure_);
    std::uint64_t told = 0;
    {
        const std::lock_guard lock(compose_mutex_);
        told = tell_space_locked(*change, space->free_bytes);
    }
    // Said twice is better than never.
    if (const auto written = write(); !written) unrecorded_ += told;
}

/// Gives how many unrecorded exchanges count as told.
std::uint64_t Log::Writer::tell_space_locked(Watermarks::Level level, std::uint64_t free_bytes) {
    const bool was_nearly_full = nearly_full_.exchange(level.nearly_full);
    composer_->set_level(level_in_force());
    if (!accepts_locked()) return 0;
    const bool is_over = was_nearly_full && !level.nearly_full;
    const auto told = is_over ? unrecorded_.exchange(0) : 0;
    composer_->append_always(LogWatermark{.percent = level.percent,
                                          .free_bytes = free_bytes,
                                          .state = level.nearly_full ? "nearly_full" : "",
                                          .unrecorded = is_over ? told : unrecorded_.load()},
                             clock_->now());
    return told;
}

}  // namespace sallyport::audit
