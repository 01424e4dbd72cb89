#include "audit/verify_seal.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/foreign_checkpoints.hpp"
#include "audit/line_reader.hpp"
#include "audit/log_keys.hpp"
#include "audit/told_key.hpp"
#include "audit/verify_end.hpp"
#include "audit/verify_trust.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "tlog/spelling.hpp"

#include <deque>

namespace sallyport::audit {
namespace {

/// A size whose root is known from a checkpoint.
struct Mark {
    std::uint64_t size = 0;
    tlog::Hash root{};
    std::vector<std::size_t> signers{};
    bool witnessed = false;
    std::string file{};
};

class SealCheck {
public:
    SealCheck(const std::filesystem::path& folder, const std::vector<Segment>& segments,
              const VerifyOptions& options, bool leaves_out)
        : folder_(folder), segments_(segments), options_(options), leaves_out_(leaves_out) {}

    Result<SealFindings> run();

private:
    std::string file_of(std::size_t i) const { return checkpoint_file_name(segments_[i].first); }
    void problem(std::string_view verdict, const std::string& file, std::string text,
                 std::uint64_t line = 0) {
        found_.problems.push_back({file, line, std::move(text), verdict});
    }
    Result<void> check_segment(std::size_t i);
    Result<std::optional<std::string>> read_checkpoints(std::size_t i);
    void take_note(std::size_t i, std::string_view note, bool opening);
    void begin_with(std::size_t i, const SignedCheckpoint& opening);
    Result<void> read_lines(std::size_t i);
    Result<void> give_up();
    void reach(std::size_t i, std::uint64_t line);
    void reach(const Mark& mark, std::size_t i, std::uint64_t line);
    void lose_thread(std::size_t i);
    void say_truncated();
    void check_rest();
    void check_trust();

    const std::filesystem::path& folder_;
    const std::vector<Segment>& segments_;
    const VerifyOptions& options_;
    const bool leaves_out_;  // the segments before these
    SealFindings found_;
    std::optional<LogKeys> keys_;
    std::optional<ForeignCheckpoints> foreign_;
    std::optional<tlog::Range> range_;  // of the lines so far; nothing where that is not known
    bool unreadable_ = false;           // a line, which is said with the records
    std::uint64_t compared_ = 0;        // up to where roots agreed last
    std::deque<Mark> marks_;            // not reached yet
    std::optional<KeyTrust> trust_;
    std::optional<ToldKey> told_key_;
};

Result<SealFindings> SealCheck::run() {
    auto keys = LogKeys::read(folder_);
    if (!keys && keys.error().code != Errc::malformed) return keys.error();
    if (!keys) problem(verdict::key, "vkeys", keys.error().detail);
    const auto files = list_checkpoint_files(folder_);
    if (!files) return files.error();
    if (keys && !*keys && !files->empty())
        problem(verdict::key, "vkeys", "the list of keys is missing: no checkpoint can be checked");
    if (keys && !*keys && options_.compares())
        problem(verdict::key, "vkeys",
                "there is no list of keys, though a key or a checkpoint was given");
    if (!keys || !*keys) return std::move(found_);
    keys_ = std::move(*keys);
    trust_.emplace(*keys_, options_);
    found_.report.sealed = true;
    found_.report.origin = keys_->origin();
    for (const auto& known : keys_->known()) found_.report.vkeys.push_back(known.key.to_text());
    foreign_.emplace(*keys_, options_);
    told_key_.emplace(*keys_, options_);
    if (segments_.empty()) range_.emplace();
    for (std::size_t i = 0; i < segments_.size(); ++i)
        if (auto checked = check_segment(i); !checked) return checked.error();
    check_rest();
    check_trust();
    const auto end = range_ && found_.problems.empty() ? range_->end() : 0;
    auto at_end = check_end(folder_, segments_, found_.report.size, end);
    if (!at_end) return at_end.error();
    if (*at_end) found_.problems.push_back(std::move(**at_end));
    for (auto& wrong : foreign_->take_problems()) found_.problems.push_back(std::move(wrong));
    for (auto& note : foreign_->take_notes()) found_.notes.push_back(std::move(note));
    return std::move(found_);
}

/// The checkpoints first: the log may be growing, and what they sign is there before they are.
Result<void> SealCheck::check_segment(std::size_t i) {
    const auto& segment = segments_[i];
    const auto content = read_checkpoints(i);
    if (!content) return content.error();
    if (range_ && range_->end() != segment.first) lose_thread(i);
    if (!range_ && segment.first == 0) range_.emplace();
    if (*content) {
        const auto spans = split_notes(**content);
        for (std::size_t n = 0; n < spans.notes.size(); ++n) take_note(i, spans.notes[n], n == 0);
        const bool newest = i + 1 == segments_.size();
        if (spans.damaged || (spans.torn && !newest))
            problem(verdict::file, file_of(i), "something that is no checkpoint stands in it");
        if (spans.torn && newest)
            found_.notes.push_back(file_of(i) +
                                   ": the last checkpoint is cut: by a crash, or not finished");
    }
    reach(i, 0);
    return read_lines(i);
}

Result<std::optional<std::string>> SealCheck::read_checkpoints(std::size_t i) {
    auto content = read_file(folder_ / file_of(i), checkpoint_file_bytes_max);
    if (content && !content->empty()) return std::optional(std::move(*content));
    if (!content && content.error().code != std::errc::no_such_file_or_directory)
        return content.error();
    const bool newest = i + 1 == segments_.size();
    const auto since = keys_->known().front().since;
    if (newest)
        found_.notes.push_back(file_of(i) +
                               " is missing: its segment has only just begun, or it was removed");
    else if (segments_[i + 1].first > since)  // the log was sealed then
        problem(verdict::file, file_of(i), "the checkpoints of this segment are missing");
    return std::optional<std::string>();
}

void SealCheck::take_note(std::size_t i, std::string_view note, bool opening) {
    ++found_.report.checkpoints;
    const auto read = keys_->verify(note);
    if (!read) {
        problem(verdict::signature, file_of(i),
                "checkpoint " + std::to_string(found_.report.checkpoints) +
                    " is not one that the log made: " + to_text(read.error()));
        return;
    }
    const auto& [parsed, checkpoint, signers] = *read;
    trust_->signed_by(signers, checkpoint);
    foreign_->own(checkpoint);
    if (opening) begin_with(i, *read);
    if (!marks_.empty() && checkpoint.size < marks_.back().size) {
        problem(verdict::order, file_of(i),
                "the checkpoint of " + std::to_string(checkpoint.size) +
                    " records comes after one of " + std::to_string(marks_.back().size));
        return;
    }
    marks_.push_back({checkpoint.size, checkpoint.root, signers,
                      parsed.verify(options_.witnesses).has_value(), file_of(i)});
}

/// The compact range in an opening checkpoint is signed: whoever has lost the thread, or never had
/// it, takes it up there.
void SealCheck::begin_with(std::size_t i, const SignedCheckpoint& opening) {
    auto range = opening.checkpoint.range();
    if (!range || range->end() != segments_[i].first)
        return problem(verdict::order, file_of(i),
                       "it does not begin with the checkpoint at the beginning of its segment");
    if (range_ && range_->root() != range->root())
        problem(verdict::root, segments_[i].path.filename().string(),
                "the segments before it are not the ones that were signed");
    if (i == 0) found_.report.begins_signed = true;
    range_ = std::move(*range);
}

Result<void> SealCheck::read_lines(std::size_t i) {
    auto lines = LineReader::open(segments_[i].path);
    if (!lines) return lines.error();
    while (true) {
        const auto line = lines->next();
        if (!line && is_damage(line.error())) return give_up();
        if (!line) return line.error();
        if (!*line) return {};
        if (!(*line)->whole || !range_) continue;
        if (!(*line)->fits()) return give_up();
        range_->append(tlog::leaf_hash(as_bytes((*line)->bytes)));
        reach(i, (*line)->number);
    }
}

/// Why is said with the records.
Result<void> SealCheck::give_up() {
    unreadable_ = true;
    range_.reset();
    return {};
}

void SealCheck::reach(std::size_t i, std::uint64_t line) {
    if (!range_) return;
    foreign_->reach(*range_);
    while (!marks_.empty() && marks_.front().size <= range_->end()) {
        const auto mark = std::move(marks_.front());
        marks_.pop_front();
        reach(mark, i, line);
        if (!range_) return;
    }
}

void SealCheck::reach(const Mark& mark, std::size_t i, std::uint64_t line) {
    if (mark.size < range_->end())
        return problem(verdict::order, mark.file,
                       "the checkpoint of " + std::to_string(mark.size) +
                           " records stands behind one of more");
    if (mark.root != range_->root()) {
        problem(verdict::root, segments_[i].path.filename().string(),
                "the first " + std::to_string(mark.size) +
                    " records are not the ones that were signed: up to record " +
                    std::to_string(compared_) + " they are",
                line);
        range_.reset();  // until a segment begins with what it stands on
        marks_.clear();
        return;
    }
    compared_ = mark.size;
    trust_->good(mark.signers, mark.size, mark.root);
    told_key_->good(mark.signers);
    if (mark.witnessed) found_.report.witnessed = mark.size;
}

/// The segment does not go on where the one before it ends. It need not have a record that says so.
void SealCheck::lose_thread(std::size_t i) {
    if (marks_.empty())
        problem(verdict::sequence, segments_[i].path.filename().string(),
                "the segment before it ends with " + std::to_string(range_->end()) + " records");
    else
        say_truncated();
    range_.reset();
    marks_.clear();
}

void SealCheck::say_truncated() {
    problem(verdict::truncated, marks_.back().file,
            std::to_string(marks_.back().size) + " records were signed, the log has " +
                std::to_string(range_->end()));
}

/// Checkpoints of more records than are there.
void SealCheck::check_rest() {
    const bool explained = range_ || unreadable_ || !found_.problems.empty();
    if (!explained && foreign_->waiting())
        problem(verdict::file, file_of(0),
                "without its first checkpoint nothing can be compared with those that were given");
    const bool goes_on = range_ && options_.until && range_->end() > *options_.until;
    foreign_->finish(range_ ? std::optional(range_->end()) : std::nullopt, {leaves_out_, goes_on});
    if (range_ && !marks_.empty()) say_truncated();
}

void SealCheck::check_trust() {
    auto trust = trust_->conclude(segments_.empty() ? 0 : segments_.front().first, options_.until);
    if (auto wrong = told_key_->conclude(!found_.problems.empty()))
        found_.problems.push_back(std::move(*wrong));
    found_.report.keys_known = trust.known;
    if (trust.root) found_.report.root = tlog::to_text(*trust.root);
    found_.report.size = trust.size;
    for (auto& wrong : trust.problems) found_.problems.push_back(std::move(wrong));
    for (auto& note : trust.notes) found_.notes.push_back(std::move(note));
}

}  // namespace

Result<SealFindings> verify_seals(const std::filesystem::path& folder,
                                  const std::vector<Segment>& segments,
                                  const VerifyOptions& options, bool leaves_out) {
    return SealCheck(folder, segments, options, leaves_out).run();
}

}  // namespace sallyport::audit
