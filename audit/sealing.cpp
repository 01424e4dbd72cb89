#include "audit/sealing.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/line_head.hpp"
#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "audit/witnesses.hpp"
#include "base/error.hpp"
#include "tlog/note.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace sallyport::audit {
namespace {

constexpr mode_t checkpoint_mode = 0640;

Error not_what_was_written(Sequence sequence, const std::string& file) {
    return {Errc::untrusted, "record " + std::to_string(sequence) + " in " + file +
                                 " is not what was written: the memory, the disk or somebody "
                                 "changed it; nothing from there on was signed"};
}

bool has(const tlog::Note& note, const tlog::NoteSignature& signature) {
    return std::ranges::any_of(note.signatures, [&](const tlog::NoteSignature& other) {
        return other.id == signature.id && other.name == signature.name;
    });
}

}  // namespace

Result<void> Sealing::extend(const LogEnd& end, const tlog::Signer* successor) {
    if (auto read = read_back(end); !read) return read;
    if (!successor && state_.signed_size == read() && state_.has_checkpoint_file) return {};
    return sign(successor);
}

Result<void> Sealing::read_back(const LogEnd& end) {
    if (!state_.has_checkpoint_file)
        if (auto opened = open_checkpoint_file(); !opened) return opened;
    while (read() < end.next) {
        const auto more = read_segment(end);
        if (!more) return more.error();
        if (!*more) break;
        if (auto moved = next_segment(); !moved) return moved;
    }
    if (read() != end.next || (state_.last && *state_.last != end.last))
        return not_what_was_written(read() > 0 ? read() - 1 : 0, segment_name(state_.segment));
    return {};
}

/// Gives whether the records go on in another segment.
Result<bool> Sealing::read_segment(const LogEnd& end) {
    auto lines = LineReader::open(path_of(segment_name(state_.segment)), state_.offset);
    if (!lines) return lines.error();
    while (read() < end.next) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line) return true;
        if (!(*line)->whole || !(*line)->fits())
            return not_what_was_written(read(), segment_name(state_.segment));
        if (auto taken = take((*line)->bytes); !taken) return taken.error();
    }
    return false;
}

Result<void> Sealing::take(std::string_view line) {
    const auto head = head_of(line);
    if (!head || head->sequence != read() || (state_.last && !is_chained_to(*head, *state_.last)))
        return not_what_was_written(read(), segment_name(state_.segment));
    state_.last = tlog::leaf_hash(as_bytes(line));
    fresh_.append(*state_.last);
    state_.offset += line.size();
    return {};
}

/// The last checkpoint of a segment covers all of it, so that it can be checked alone.
Result<void> Sealing::next_segment() {
    if (state_.signed_size < read())
        if (auto signed_all = sign(nullptr); !signed_all) return signed_all;
    if (state_.segment == read()) return not_what_was_written(read(), segment_name(state_.segment));
    state_.segment = read();
    state_.offset = 0;
    state_.has_checkpoint_file = false;
    checkpoints_.close();
    return open_checkpoint_file();
}

Result<void> Sealing::sign(const tlog::Signer* successor) {
    if (auto joined = state_.range.append(fresh_); !joined) return joined;
    tlog::Checkpoint checkpoint{key_.verifier().name(), state_.size(), state_.range.root(), {}};
    if (successor)
        checkpoint = tlog::Checkpoint::with_successor(std::move(checkpoint),
                                                      successor->verifier().to_text());
    auto note = note_of(checkpoint, successor);
    if (!note) return note.error();
    if (auto appended = append(*note); !appended) return appended;
    note_ = std::move(*note);
    state_.signed_size = state_.size();
    if (successor) key_ = *successor;
    const WitnessStep step{.note = note_,
                           .range = std::exchange(fresh_, tlog::Range(state_.size())),
                           .key_changed = successor != nullptr};
    if (witnesses_) witnesses_->sealed(step, state_.range);
    return {};
}

Result<void> Sealing::keep(const std::string& note, std::uint64_t size) {
    const bool newest = size == state_.signed_size && size > state_.segment;
    if (!newest || !state_.has_checkpoint_file) return {};
    auto all = tlog::Note::parse(note);
    if (!all) return all.error();
    const auto before = tlog::Note::parse(note_);
    if (before && before->text == all->text)
        for (const auto& signature : before->signatures)
            if (all->signatures.size() < tlog::note_signatures_max && !has(*all, signature))
                all->add(signature);
    note_ = all->to_text();
    return append(note_);
}

Result<std::string> Sealing::note_of(const tlog::Checkpoint& checkpoint,
                                     const tlog::Signer* successor) const {
    tlog::Note note{.text = checkpoint.to_text(), .signatures = {}};
    for (const auto* signer : {&key_, successor}) {
        if (!signer) continue;
        auto signature = signer->sign(note.text);
        if (!signature) return signature.error();
        note.add(std::move(*signature));
    }
    return note.to_text();
}

/// Begins the file of the segment with what its records stand on, so that nobody needs the segments
/// before it.
Result<void> Sealing::open_checkpoint_file() {
    const auto note =
        note_of(tlog::Checkpoint::with_range(key_.verifier().name(), state_.range), nullptr);
    if (!note) return note.error();
    const auto path = path_of(checkpoint_file_name(state_.segment));
    // What may be there has no whole opening checkpoint: a start has looked.
    checkpoints_ = FileDescriptor(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
               checkpoint_mode));
    if (!checkpoints_) return os_error("create " + path.string());
    if (::fchmod(checkpoints_.get(), checkpoint_mode) != 0)
        return os_error("chmod " + path.string());
    if (auto appended = append(*note); !appended) return appended;
    if (auto synced = sync_folder(folder_); !synced) return synced;
    state_.has_checkpoint_file = true;
    state_.signed_size = std::max(state_.signed_size, state_.size());
    return {};
}

Result<void> Sealing::append(std::string_view note) {
    const auto path = path_of(checkpoint_file_name(state_.segment));
    if (!checkpoints_)
        checkpoints_ =
            FileDescriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    if (!checkpoints_) return os_error("open " + path.string() + " to append to it");
    const auto count = disk_->write(checkpoints_.get(), as_bytes(note));
    if (!count) return Error{count.error().code, count.error().detail + " " + path.string()};
    // The next start cuts off what is there of it.
    if (*count != note.size())
        return Error{boost::system::error_code(ENOSPC, boost::system::system_category()),
                     "only " + std::to_string(*count) + " of " + std::to_string(note.size()) +
                         " bytes went into " + path.string()};
    if (auto synced = disk_->sync(checkpoints_.get()); !synced)
        return Error{synced.error().code, synced.error().detail + " " + path.string()};
    return {};
}

}  // namespace sallyport::audit
