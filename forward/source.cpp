#include "forward/source.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <chrono>
#include <sys/stat.h>

namespace sallyport::forward {
namespace {

/// Times of files are as coarse as the kernel's tick, or a file system's.
constexpr std::chrono::seconds file_time_step{2};

/// The first key of every record.
std::optional<audit::Sequence> sequence_of(std::string_view line) {
    constexpr std::string_view start = R"({"seq":)";
    if (!line.starts_with(start)) return std::nullopt;
    line.remove_prefix(start.size());
    const auto sequence = parse_decimal(line.substr(0, line.find(',')));
    return sequence ? std::optional(*sequence) : std::nullopt;
}

}  // namespace

Source::Source(std::filesystem::path folder, std::optional<Cursor> after, Begin begin,
               audit::Sequence seen)
    : folder_(std::move(folder)), after_(after), begin_(begin), seen_(seen) {}

Result<bool> Source::seek(std::size_t bytes_max) {
    if (phase_ == Phase::giving) return true;
    if (phase_ == Phase::unopened) {
        const auto begun = begin();
        if (!begun || phase_ == Phase::giving) return begun;
    }
    auto walked = walk(bytes_max, {});
    if (!walked) return walked;
    if (*walked && phase_ == Phase::passing) phase_ = Phase::giving;
    return phase_ == Phase::giving;
}

Result<bool> Source::read(std::size_t bytes_max, const Emit& emit) {
    if (!lines_) {
        const auto listed = segments();
        if (!listed) return listed.error();
        if ((*listed)->empty()) return true;
        if (auto opened = open((*listed)->front()); !opened) return opened.error();
    }
    return walk(bytes_max, emit);
}

/// Chooses the segment to begin with. A log without a segment is begun with its first one.
Result<bool> Source::begin() {
    const auto listed = segments();
    if (!listed) return listed.error();
    const auto& all = **listed;
    if (after_) next_ = after_->sequence + 1;
    position_ = after_;
    phase_ = Phase::giving;
    if (all.empty()) return true;
    auto from = all.begin();
    if (after_ && all.front().first <= after_->sequence) {
        const auto meant = std::ranges::find(all, after_->segment, &audit::Segment::first);
        phase_ = Phase::finding;
        if (meant != all.end()) from = meant;
        if (meant == all.end()) forget_place();
    } else if (!after_ && begin_ == Begin::end) {
        from = std::prev(all.end());
        phase_ = Phase::passing;
    }
    if (auto opened = open(*from); !opened) return opened.error();
    return phase_ == Phase::giving;
}

Result<void> Source::open(const audit::Segment& segment) {
    // Asked before it is opened: should it be replaced in between, that shows.
    const auto identity = identity_of(segment.path);
    auto lines = audit::LineReader::open(segment.path);
    if (!lines) return lines.error();
    lines_.emplace(std::move(*lines));
    segment_ = segment;
    identity_ = identity;
    complete_ = false;
    return {};
}

std::optional<Source::Identity> Source::identity_of(const std::filesystem::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return std::nullopt;
    return Identity{facts.st_dev, facts.st_ino};
}

/// A segment stays under its name while it is the newest one, unless its log was put aside.
Result<void> Source::check_place() const {
    if (identity_ && identity_of(segment_.path) == identity_) return {};
    return Error{Errc::closed, "the log that was being read was put aside; there is another one"};
}

/// Those that have records: the file of the next one is made before the last records of ours are
/// written, and goes again if they cannot be. The end of the log is looked at often, so its folder
/// is read only if it may have changed.
Result<const std::vector<audit::Segment>*> Source::segments() {
    using std::filesystem::file_time_type;
    std::error_code failure;
    const auto changed = std::filesystem::last_write_time(folder_, failure);
    const bool settled = !failure && changed + file_time_step < file_time_type::clock::now();
    if (settled && changed == listed_) return &segments_;
    auto listed = audit::list_segments(folder_);
    if (!listed) return listed.error();
    segments_ = std::move(*listed);
    const auto empty =
        std::erase_if(segments_, [](const audit::Segment& segment) { return segment.bytes == 0; });
    listed_ = settled && empty == 0 ? changed : file_time_type{};
    return &segments_;
}

Result<bool> Source::walk(std::size_t bytes_max, const Emit& emit) {
    const auto searching = phase_;
    bool ended = false;
    for (std::size_t taken = 0; taken < bytes_max && !ended && phase_ == searching;) {
        const auto line = lines_->next();
        const bool damaged = !line && audit::is_damage(line.error());
        if (!line && !damaged) return line.error();
        if (line && *line && (*line)->whole) {
            taken += (*line)->length;
            if ((*line)->fits()) take((*line)->bytes, emit);
        } else {
            complete_ = complete_ || damaged;
            if (line && *line) {  // it is being written
                auto again = audit::LineReader::open(segment_.path, (*line)->offset);
                if (!again) return again.error();
                lines_.emplace(std::move(*again));
                if (auto same = check_place(); !same) return same.error();
            }
            const auto more = turn_page();
            if (!more) return more.error();
            ended = !*more;
        }
        if (!lost_place_) continue;
        lost_place_ = false;
        if (auto opened = open(segment_); !opened) return opened.error();
    }
    keep_position();
    return ended;
}

/// At the end of what the segment has; says whether there may be more. When the next one is seen,
/// ours is read once more: what was written to it in between is there now.
Result<bool> Source::turn_page() {
    const auto listed = segments();
    if (!listed) return listed.error();
    const auto next = std::ranges::find_if(
        **listed, [this](const audit::Segment& segment) { return segment.first > segment_.first; });
    if (!complete_) {
        complete_ = next != (*listed)->end();
        if (complete_) return true;
    }
    if (phase_ == Phase::finding) {
        read_again();
        return true;
    }
    if (next == (*listed)->end()) {
        if (auto same = check_place(); !same) return same.error();
        return false;
    }
    keep_position();
    if (auto opened = open(*next); !opened) return opened.error();
    return true;
}

void Source::take(std::string_view line, const Emit& emit) {
    const auto sequence = sequence_of(line);
    if (!sequence) return;  // counted with the next record
    if (phase_ == Phase::finding) return find(*sequence, line);
    if (next_)
        if (const auto due = std::max(*next_, seen_); *sequence > due) skipped_ += *sequence - due;
    next_ = *sequence + 1;
    last_ = line;
    last_sequence_ = *sequence;
    if (phase_ == Phase::giving) emit(*sequence, line);
}

void Source::find(audit::Sequence sequence, std::string_view line) {
    if (sequence < after_->sequence) return;
    if (sequence > after_->sequence || certs::sha256(as_bytes(line)) != after_->digest)
        return read_again();
    phase_ = Phase::giving;
}

/// What the cursor means is not there: rather too much than too little.
void Source::read_again() {
    forget_place();
    lost_place_ = true;
}

void Source::forget_place() {
    phase_ = Phase::giving;
    log_changed_ = true;
    seen_ = 0;
    next_.reset();
    position_.reset();
}

void Source::keep_position() {
    if (!last_sequence_) return;
    position_ = Cursor{segment_.first, *last_sequence_, certs::sha256(as_bytes(last_))};
    last_sequence_.reset();
}

}  // namespace sallyport::forward
