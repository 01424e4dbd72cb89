#include "audit/start_check.hpp"

#include "audit/chain.hpp"
#include "audit/checkpoint_file.hpp"
#include "audit/line_head.hpp"
#include "audit/line_reader.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

/// A checkpoint file as it was read.
struct CheckpointFile {
    Segment file;
    std::string content;
    NoteSpans spans;
};

/// What a checkpoint signs; whether it is signed is looked at where it matters.
struct SignedSize {
    std::uint64_t size;
    tlog::Hash root;
    std::string_view note;
};

class Check {
public:
    Check(const std::filesystem::path& folder, const LogKeys* keys)
        : folder_(folder), keys_(keys) {}

    Result<StartCheck> run() {
        auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        segments_ = std::move(*segments);
        // The file of the next segment is there before its predecessor's last records are, so a
        // torn tail may stand before an empty file; the recovery removes that.
        while (segments_.size() > 1 && segments_.back().bytes == 0) segments_.pop_back();
        if (auto read = keys_ ? read_checkpoints() : Result<void>(); !read) return read.error();
        if (!broken() && keys_) find_base();
        if (!broken()) check_signatures();
        if (!broken())
            if (auto read = read_lines(); !read) return read.error();
        return std::move(found_);
    }

private:
    bool broken() const { return found_.broken.has_value(); }
    void set_broken(std::string why) {
        if (!broken()) found_.broken = std::move(why);
    }
    Result<void> read_checkpoints();
    void take_file(CheckpointFile file);
    void find_base();
    void check_signatures();
    Result<void> read_lines();
    Result<void> read_segment(std::size_t index);
    bool take(const RawLine& line);
    void pass_marks();
    void note_unsound(std::size_t index, const RawLine& line);
    void note_signed_place(std::size_t index, std::uint64_t offset, const tlog::Range& range,
                           const std::optional<tlog::Hash>& last);

    const std::filesystem::path& folder_;
    const LogKeys* keys_;
    StartCheck found_;
    std::vector<Segment> segments_;
    std::vector<CheckpointFile> files_;  // newest first
    std::vector<SignedSize> marks_;      // in their order
    std::size_t next_mark_ = 0;
    std::size_t base_ = 0;  // segment that the lines are read from
    std::string_view opening_;
    tlog::Range range_;
    std::optional<tlog::Hash> last_ = chain_start;  // not known in the middle of a log
};

/// From the newest on, until one has a whole opening checkpoint.
Result<void> Check::read_checkpoints() {
    auto listed = list_checkpoint_files(folder_);
    if (!listed) return listed.error();
    for (auto file = listed->rbegin(); file != listed->rend(); ++file) {
        auto content = read_file(file->path, checkpoint_file_bytes_max);
        if (!content) return content.error();
        CheckpointFile read{.file = *file, .content = std::move(*content), .spans = {}};
        read.spans = split_notes(read.content);
        if (read.spans.damaged)
            set_broken(file->path.filename().string() + " holds something that is no checkpoint");
        const bool has_segment = std::ranges::any_of(
            segments_, [&](const Segment& segment) { return segment.first == file->first; });
        const bool enough = !read.spans.notes.empty() && has_segment;
        files_.push_back(std::move(read));
        if (enough) break;
    }
    // The views into the contents were made before these moved.
    for (auto& file : files_) file.spans = split_notes(file.content);
    return {};
}

void Check::find_base() {
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
        const auto& notes = file->spans.notes;
        const auto last = notes.empty() ? 0 : file->spans.whole_bytes - notes.back().size();
        found_.checkpoints.push_back(
            {file->file.path, file->spans.whole_bytes, last, file->spans.torn});
        for (const auto note : notes) {
            const auto checkpoint = read_checkpoint(note);
            if (!checkpoint)
                return set_broken(
                    file->file.path.filename().string() +
                    " holds a checkpoint that cannot be read: " + to_text(checkpoint.error()));
            if (checkpoint->origin != keys_->origin())
                return set_broken(file->file.path.filename().string() +
                                  " holds a checkpoint of the log " + checkpoint->origin);
            marks_.push_back({checkpoint->size, checkpoint->root, note});
        }
    }
    const auto base = files_.empty() ? nullptr : &files_.back();
    const bool usable = base && !base->spans.notes.empty();
    if (!usable) {
        const bool from_the_start = segments_.empty() || segments_.front().first == 0;
        if (!from_the_start || !marks_.empty()) set_broken("the checkpoints are missing");
        return;
    }
    const auto segment = std::ranges::find(segments_, base->file.first, &Segment::first);
    if (segment == segments_.end())
        return set_broken("there are checkpoints of " + segment_name(base->file.first) +
                          ", but that segment is missing");
    opening_ = base->spans.notes.front();
    const auto checkpoint = read_checkpoint(opening_);
    auto range = checkpoint->range();
    if (!range || checkpoint->size != segment->first)
        return set_broken(base->file.path.filename().string() +
                          " does not begin with the checkpoint at the beginning of its segment");
    base_ = static_cast<std::size_t>(segment - segments_.begin());
    range_ = std::move(*range);
    if (segment->first > 0) last_.reset();
}

/// Of the two that everything else hangs on: the root of the newest covers all before it.
void Check::check_signatures() {
    if (marks_.empty()) return;
    const auto* newest = &marks_.front();
    for (const auto& mark : marks_)
        if (mark.size >= newest->size) newest = &mark;
    found_.signed_size = newest->size;
    found_.signed_root = newest->root;
    found_.newest_note = std::string(newest->note);
    for (const auto& note : {opening_, newest->note})
        if (const auto trusted = keys_->verify(note); !trusted)
            return set_broken("a checkpoint is not signed by the log: " + trusted.error().detail);
}

Result<void> Check::read_lines() {
    pass_marks();
    for (auto index = base_; index < segments_.size() && !found_.unsound && !broken(); ++index)
        if (auto read = read_segment(index); !read) return read;
    if (!broken() && range_.end() < found_.signed_size)
        set_broken("TRUNCATED: " + std::to_string(found_.signed_size) +
                   " records were signed, the log has " + std::to_string(range_.end()));
    return {};
}

Result<void> Check::read_segment(std::size_t index) {
    const auto& segment = segments_[index];
    if (segment.first != range_.end() && segment.bytes > 0 && index > base_) {
        // An empty or torn one is the business of the recovery.
        if (keys_ && range_.end() >= found_.signed_size && !segment.compressed()) {
            found_.unsound = Place{segment.first, 0};
            return {};
        }
        set_broken(segment.path.filename().string() +
                   " does not begin where the segment before it "
                   "ends, after record " +
                   std::to_string(range_.end()));
        return {};
    }
    auto lines = LineReader::open(segment.path);
    if (!lines) return lines.error();
    const auto range_before = range_;
    const auto last_before = last_;
    while (true) {
        const auto line = lines->next();
        if (!line && is_damage(line.error())) set_broken(line.error().detail);
        if (broken()) return {};
        if (!line) return line.error();
        if (!*line) break;
        if (!take(**line)) {
            note_unsound(index, **line);
            break;
        }
        // Only now: a segment without a record is removed by the recovery.
        if (range_.end() == segment.first + 1 && (!keys_ || segment.first == found_.signed_size))
            note_signed_place(index, 0, range_before, last_before);
        pass_marks();
        if (broken()) return {};
        if (range_.end() == found_.signed_size && keys_)
            note_signed_place(index, (*line)->offset + (*line)->length, range_, last_);
    }
    if (range_.end() == segment.first && !opening_.empty() && index == base_)
        set_broken("the records of " + segment.path.filename().string() + " are missing");
    return {};
}

/// A crash leaves a part of a line at the very end; a loss of power also whole lines, and segments,
/// behind a part of a segment that did not come to the disk. They can be moved aside if they stand
/// behind everything that was signed.
void Check::note_unsound(std::size_t index, const RawLine& line) {
    const auto& segment = segments_[index];
    const bool newest = index + 1 == segments_.size();
    if (newest && !line.whole) return;
    found_.unsound = Place{segment.first, line.offset};
    if (!keys_ || segment.compressed())
        set_broken("record " + std::to_string(range_.end()) + " in " +
                   segment.path.filename().string() + " does not follow from the one before it");
}

/// Below the signed size the root decides, behind it the chain.
bool Check::take(const RawLine& line) {
    if (!line.whole || !line.fits()) return false;
    const auto head = head_of(line.bytes);
    const bool follows =
        head && head->sequence == range_.end() && (!last_ || is_chained_to(*head, *last_));
    if (!follows && range_.end() >= found_.signed_size) return false;
    last_ = tlog::leaf_hash(as_bytes(line.bytes));
    range_.append(*last_);
    return true;
}

void Check::pass_marks() {
    for (; next_mark_ < marks_.size() && marks_[next_mark_].size <= range_.end(); ++next_mark_) {
        const auto& mark = marks_[next_mark_];
        if (mark.size < range_.end()) return set_broken("the checkpoints are not in their order");
        if (range_.root() != mark.root)
            return set_broken("the first " + std::to_string(mark.size) +
                              " records are not the ones that were signed");
    }
}

void Check::note_signed_place(std::size_t index, std::uint64_t offset, const tlog::Range& range,
                              const std::optional<tlog::Hash>& last) {
    auto& state = found_.state;
    state.range = range;
    state.last = last;
    state.segment = segments_[index].first;
    state.offset = offset;
    state.signed_size = found_.signed_size;
    state.has_checkpoint_file = std::ranges::any_of(files_, [&](const CheckpointFile& file) {
        return file.file.first == state.segment && !file.spans.notes.empty();
    });
}

}  // namespace

std::string StartCheck::signed_by(const LogKeys& keys) const {
    const auto read = keys.verify(newest_note);
    return read ? keys.known()[read->signers.back()].key.to_text() : std::string();
}

Result<StartCheck> check_start(const std::filesystem::path& folder, const LogKeys* keys) {
    return Check(folder, keys).run();
}

}  // namespace sallyport::audit
