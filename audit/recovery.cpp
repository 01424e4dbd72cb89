#include "audit/recovery.hpp"

#include "audit/disclosure_recovery.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "audit/record_fields.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/write_all.hpp"
#include "certs/sha256.hpp"
#include "tlog/tree.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::audit {
namespace {

/// What the scan found last that was a record.
struct LastRecord {
    std::size_t segment = 0;
    std::uint64_t end = 0;  // offset behind it
    Sequence sequence = 0;
    std::string line;
    std::string boot;
    std::string event;
    Instant instant;
};

struct TailScan {
    std::optional<LastRecord> last;
    OpenExchanges open;
};

void follow_exchanges(OpenExchanges& open, const Record& record) {
    if (record.event == event::exchange_begin) open.begin(record.text("exchange"), record.sequence);
    if (record.event != event::exchange_end) return;
    if (const auto begin = record.number("begin")) open.end(record.text("exchange"), *begin);
}

bool is_before(const Segment& segment, std::uint64_t offset, const std::optional<Place>& place) {
    if (!place || segment.first != place->segment) return !place || segment.first < place->segment;
    return offset < place->offset;
}

Result<TailScan> scan(const std::vector<Segment>& segments, std::size_t from,
                      const std::optional<Place>& unsound) {
    TailScan result;
    Reader reader({segments.begin() + static_cast<std::ptrdiff_t>(from), segments.end()});
    while (true) {
        const auto line = reader.next();
        if (!line && is_damage(line.error())) continue;  // verify reports it
        if (!line) return line.error();
        if (!*line || !is_before(reader.segment(), (*line)->offset, unsound)) return result;
        if (!(*line)->whole || !(*line)->fits()) continue;
        const auto record = parse_record((*line)->bytes);
        if (!record) continue;  // verify reports it; what is behind it counts nevertheless
        follow_exchanges(result.open, *record);
        if (!result.last) result.last.emplace();
        auto& last = *result.last;
        last.segment = from + reader.segment_index();
        last.end = (*line)->offset + (*line)->length;
        last.sequence = record->sequence;
        last.line.assign((*line)->bytes);
        last.boot = record->boot;
        last.event = record->event;
        last.instant = {.wall = record->time, .mono = record->mono};
    }
}

/// The segment from which the open exchanges can be known, read off the last segment's first
/// record.
Result<std::size_t> first_needed(const std::vector<Segment>& segments) {
    const auto last = std::find_if(segments.rbegin(), segments.rend(),
                                   [](const Segment& segment) { return segment.bytes > 0; });
    if (last == segments.rend()) return 0U;
    auto lines = LineReader::open(last->path);
    if (!lines) return lines.error();
    const auto line = lines->next();
    if (!line && is_damage(line.error())) return 0U;
    if (!line) return line.error();
    if (!*line || !(*line)->whole || !(*line)->fits()) return 0U;
    const auto record = parse_record((*line)->bytes);
    if (!record || record->event != event::segment_opened) return 0U;
    const auto since = record->number("open_since");
    if (!since) return 0U;
    const auto after = std::find_if(segments.begin(), segments.end(),
                                    [&](const Segment& segment) { return segment.first > *since; });
    return after == segments.begin() ? 0U : static_cast<std::size_t>(after - segments.begin() - 1);
}

/// A new file beside the segment. One that is there is evidence, too: it is not written over.
struct TornFile {
    std::filesystem::path path;
    FileDescriptor file;
};

Result<TornFile> make_torn_file(const Segment& segment, std::uint64_t offset) {
    constexpr mode_t copy_mode = 0640;
    constexpr int same_place_max = 100;
    for (int again = 0; again < same_place_max; ++again) {
        auto path = segment.path;
        path += "." + std::to_string(offset);
        if (again > 0) path += "." + std::to_string(again);
        path += ".torn";
        FileDescriptor file(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, copy_mode));
        if (file) return TornFile{std::move(path), std::move(file)};
        if (errno != EEXIST) return os_error("create " + path.string());
    }
    return Error{Errc::limit, "there are " + std::to_string(same_place_max) +
                                  " copies of torn tails of " + segment.path.string() +
                                  " already; move them away"};
}

/// Copies what stands behind `offset`, durably.
Result<Torn> copy_tail(const Segment& segment, std::uint64_t offset, const TornFile& copy) {
    const auto& [path, to] = copy;
    const FileDescriptor from(::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!from) return os_error("open " + segment.path.string());
    Torn torn{
        .file = segment.path.filename().string(), .sha256 = {}, .copy = path.filename().string()};
    certs::Sha256Hasher hasher;
    std::vector<char> chunk(64 * 1024);
    while (true) {
        const auto count = ::pread(from.get(), chunk.data(), chunk.size(),
                                   static_cast<off_t>(offset + torn.bytes));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + segment.path.string());
        if (count == 0) break;
        const std::string_view bytes(chunk.data(), static_cast<std::size_t>(count));
        if (auto written = write_all(to.get(), bytes, path.string()); !written)
            return written.error();
        hasher.update(as_bytes(bytes));
        torn.bytes += bytes.size();
        torn.lines += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    }
    torn.sha256 = to_hex(hasher.finish());
    if (::fsync(to.get()) != 0) return os_error("fsync " + path.string());
    if (auto synced = sync_folder(segment.path.parent_path()); !synced) return synced.error();
    return torn;
}

Result<void> cut_off(const Segment& segment, std::uint64_t offset) {
    const FileDescriptor file(::open(segment.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + segment.path.string());
    if (::ftruncate(file.get(), static_cast<off_t>(offset)) != 0)
        return os_error("cut " + segment.path.string());
    if (::fsync(file.get()) != 0) return os_error("fsync " + segment.path.string());
    return {};
}

/// Removes the segment if nothing is to be left.
Result<void> take_away(const Segment& segment, std::uint64_t offset) {
    if (offset > 0) return cut_off(segment, offset);
    if (::unlink(segment.path.c_str()) != 0) return os_error("remove " + segment.path.string());
    return sync_folder(segment.path.parent_path());
}

/// Moves aside what stands in `segment` behind `offset`; removes the segment if nothing is left.
Result<void> clean(const Segment& segment, std::uint64_t offset, std::vector<Torn>& torn) {
    if (segment.bytes <= offset) return offset == 0 ? take_away(segment, 0) : Result<void>();
    auto copy = make_torn_file(segment, offset);
    if (!copy) return copy.error();
    auto copied = copy_tail(segment, offset, *copy);
    auto done = copied ? take_away(segment, offset) : Result<void>(copied.error());
    if (!done) {
        // It is all still in the segment. Who tries again shall not fill the disk with copies.
        static_cast<void>(::unlink(copy->path.c_str()));
        return done;
    }
    torn.push_back(std::move(*copied));
    return {};
}

}  // namespace

Result<Recovered> recover(const std::filesystem::path& folder,
                          const std::optional<Place>& unsound) {
    auto segments = list_segments(folder);
    if (!segments) return segments.error();
    Recovered recovered{.state = {}, .boot = {}, .segment = {}, .torn = {}};
    if (segments->empty()) return recovered;

    // What a segment says that does not count is not believed either.
    auto sound = *segments;
    std::erase_if(sound, [&](const Segment& segment) { return !is_before(segment, 0, unsound); });
    const auto from = first_needed(sound);
    if (!from) return from.error();
    auto found = scan(*segments, *from, unsound);
    if (found && !found->last && *from > 0) found = scan(*segments, 0, unsound);
    if (!found) return found.error();

    const auto& last = found->last;
    const auto keep = last ? last->segment + 1 : 0;
    while (segments->size() > keep) {
        if (auto cleaned = clean(segments->back(), 0, recovered.torn); !cleaned)
            return cleaned.error();
        segments->pop_back();
    }
    const auto next = last ? last->sequence + 1 : 0;
    if (auto cleaned =
            recover_disclosures(folder, segments->empty() ? nullptr : &segments->back(), next);
        !cleaned)
        return cleaned.error();
    if (!last) return recovered;
    auto& segment = segments->back();
    // One that was compressed is finished, and stays as it is.
    const bool finished = segment.compressed();
    if (!finished)
        if (auto cleaned = clean(segment, last->end, recovered.torn); !cleaned)
            return cleaned.error();
    segment.bytes = last->end;

    recovered.state = {.next = next,
                       .last = tlog::leaf_hash(as_bytes(last->line)),
                       .segment = segment_name(segment.first),
                       .segment_first = segment.first,
                       .segment_bytes = segment.bytes,
                       .segment_sealed = finished || last->event == event::segment_sealed,
                       .open = std::move(found->open),
                       .last_time = last->instant.wall,
                       .last_instant = last->instant};
    recovered.boot = last->boot;
    if (!finished) recovered.segment = segment;
    return recovered;
}

}  // namespace sallyport::audit
