#include "audit/log_cut.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/compress.hpp"
#include "audit/disclosure.hpp"
#include "audit/export_source.hpp"
#include "audit/generation.hpp"
#include "audit/line_head.hpp"
#include "audit/line_reader.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>

namespace sallyport::audit {
namespace {

constexpr std::size_t sequence_digits = 20;
constexpr std::size_t witness_name_max = 64;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "9120.torn", "9120.1.torn"
bool is_torn_ending(std::string_view text) {
    constexpr std::string_view torn = ".torn";
    if (!text.ends_with(torn)) return false;
    text.remove_suffix(torn.size());
    const auto dot = text.find('.');
    return is_digits(text.substr(0, dot)) &&
           (dot == std::string_view::npos || is_digits(text.substr(dot + 1)));
}

bool is_segment_file(std::string_view name) {
    if (name.size() <= sequence_digits || !is_digits(name.substr(0, sequence_digits))) return false;
    const auto ending = name.substr(sequence_digits);
    constexpr std::string_view records = ".jsonl.";
    return ending == ".jsonl" || ending == ".jsonl.gz" || ending == ".cp" || ending == ".pii" ||
           (ending.starts_with(records) && is_torn_ending(ending.substr(records.size())));
}

bool is_witness_file(std::string_view name) {
    constexpr std::string_view ending = ".countersigned";
    if (!name.ends_with(ending)) return false;
    name.remove_suffix(ending.size());
    return !name.empty() && name.size() <= witness_name_max && name.front() != '.';
}

Result<CutFile> open_cut(std::string name, const std::filesystem::path& path) {
    CutFile cut{.name = std::move(name),
                .file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW))};
    if (!cut.file) return os_error("open " + path.string());
    struct stat facts {};
    if (::fstat(cut.file.get(), &facts) != 0) return os_error("look at " + path.string());
    if (!S_ISREG(facts.st_mode)) return Error{Errc::malformed, path.string() + " is not a file"};
    cut.bytes = static_cast<std::uint64_t>(facts.st_size);
    return cut;
}

/// Where the first line stands whose sequence is not below `size`; the end of the whole lines if
/// there is none.
template <class SequenceOf>
Result<std::uint64_t> lines_below(const std::filesystem::path& path, std::uint64_t size,
                                  SequenceOf sequence_of) {
    auto lines = LineReader::open(path);
    if (!lines) return lines.error();
    std::uint64_t end = 0;
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) return end;
        const std::optional<Sequence> sequence = sequence_of((*line)->bytes);
        if (sequence && *sequence >= size) return end;
        end = (*line)->offset + (*line)->length;
    }
}

Result<std::uint64_t> notes_up_to(const std::filesystem::path& path, std::uint64_t size) {
    const auto content = read_file(path, checkpoint_file_bytes_max);
    if (!content) return content.error();
    std::uint64_t end = 0;
    for (const auto note : split_notes(*content).notes) {
        const auto checkpoint = read_checkpoint(note);
        if (!checkpoint || checkpoint->size > size) break;
        end = static_cast<std::uint64_t>(note.data() + note.size() - content->data());
    }
    return end;
}

Error changed_meanwhile() {
    return {Errc::unavailable, "the audit log deleted or compressed a file meanwhile: try again"};
}

}  // namespace

bool is_log_file(std::string_view name) {
    if (const auto slash = name.find('/'); slash != std::string_view::npos) {
        if (!is_generation_name(name.substr(0, slash))) return false;
        name.remove_prefix(slash + 1);
        if (name == "broken.json") return true;
    }
    return name == "vkeys" || name == "witnesses" || is_segment_file(name) || is_witness_file(name);
}

/// Makes a LogCut.
class LogCutter {
public:
    explicit LogCutter(const std::filesystem::path& folder) : folder_(folder) {}

    Result<LogCut> run() {
        if (auto read = read_generations(); !read) return read.error();
        const auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        if (segments->empty()) return std::move(cut_);
        // What witnesses have signed comes first: it is never newer than the checkpoint then.
        if (auto read = add_all(folder_, {}, false); !read) return read.error();
        const auto source = ExportSource::open(folder_);
        if (!source) return source.error();
        if (const auto& newest = source->checkpoint()) {
            cut_.origin = newest->checkpoint.origin;
            cut_.vkey = source->vkey();
            cut_.size = newest->checkpoint.size;
            cut_.root = to_base64(newest->checkpoint.root);
        }
        if (auto added = add_segments(); !added) return added.error();
        return std::move(cut_);
    }

private:
    /// All files of a folder that belong to a log; of the log that is written only those that are
    /// of no segment.
    Result<void> add_all(const std::filesystem::path& folder, const std::string& prefix,
                         bool segments_too) {
        std::error_code failure;
        std::vector<LogCut::Wanted> found;
        for (std::filesystem::directory_iterator entry(folder, failure);
             !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
            const auto name = prefix + entry->path().filename().string();
            std::error_code ignored;
            if (!is_log_file(name) || !entry->is_regular_file(ignored)) continue;
            if (!segments_too && is_segment_file(name) && !name.ends_with(".torn")) continue;
            found.push_back({.name = name, .path = entry->path()});
        }
        if (failure) return Error{failure, "read the folder " + folder.string()};
        std::ranges::sort(found, {}, &LogCut::Wanted::name);
        for (auto& file : found) {
            if (segments_too) {
                cut_.files_.push_back(std::move(file));
                continue;
            }
            // Small, and replaced from time to time: as it is now.
            auto opened = open_cut(file.name, file.path);
            if (!opened) return opened.error();
            file.cut = std::move(*opened);
            cut_.files_.push_back(std::move(file));
        }
        return {};
    }

    Result<void> read_generations() {
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder_, ignored)) return {};
        const auto folders = generation_folders(folder_);
        if (!folders) return folders.error();
        for (const auto& path : *folders) {
            const auto name = path.filename().string();
            if (!is_generation_name(name))
                return Error{Errc::unavailable,
                             "the audit log is being put aside; start the program, then try again"};
            if (auto added = add_all(path, name + "/", true); !added) return added;
        }
        return {};
    }

    Result<void> add_segments() {
        const auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        for (std::size_t i = 0; i < segments->size() && (*segments)[i].first < cut_.size; ++i) {
            const bool last = i + 1 == segments->size() || (*segments)[i + 1].first >= cut_.size;
            if (auto added = last ? add_last((*segments)[i]) : add_whole((*segments)[i]); !added)
                return added;
        }
        return {};
    }

    void want(const std::filesystem::path& path, std::optional<CutFile> cut = {}) {
        std::error_code ignored;
        if (!cut && !std::filesystem::exists(path, ignored)) return;
        cut_.files_.push_back(
            {.name = path.filename().string(), .path = path, .cut = std::move(cut)});
    }

    Result<void> add_whole(const Segment& segment) {
        want(segment.path);
        want(folder_ / checkpoint_file_name(segment.first));
        want(disclosures_path(segment));
        return {};
    }

    Result<void> add_last(const Segment& segment) {
        if (segment.compressed()) return changed_meanwhile();
        const auto sequence_of_record = [](std::string_view line) -> std::optional<Sequence> {
            const auto head = head_of(line);
            return head ? std::optional(head->sequence) : std::nullopt;
        };
        const auto sequence_of_disclosure = [](std::string_view line) -> std::optional<Sequence> {
            const auto sequence = disclosed_sequence(line);
            return sequence ? std::optional(*sequence) : std::nullopt;
        };
        auto added =
            add_up_to(segment.path, lines_below(segment.path, cut_.size, sequence_of_record));
        const auto checkpoints = folder_ / checkpoint_file_name(segment.first);
        if (added) added = add_up_to(checkpoints, notes_up_to(checkpoints, cut_.size));
        const auto disclosures = disclosures_path(segment);
        std::error_code ignored;
        if (added && std::filesystem::exists(disclosures, ignored))
            added =
                add_up_to(disclosures, lines_below(disclosures, cut_.size, sequence_of_disclosure));
        return added;
    }

    Result<void> add_up_to(const std::filesystem::path& path, Result<std::uint64_t> bytes) {
        if (!bytes) return bytes.error();
        auto opened = open_cut(path.filename().string(), path);
        if (!opened) return opened.error();
        if (opened->bytes < *bytes) return changed_meanwhile();
        opened->bytes = *bytes;
        want(path, std::move(*opened));
        return {};
    }

    const std::filesystem::path& folder_;
    LogCut cut_;
};

Result<std::optional<CutFile>> LogCut::next() {
    if (next_ == files_.size()) return std::optional<CutFile>();
    auto& file = files_[next_++];
    if (file.cut) return std::optional(std::move(*file.cut));
    auto opened = open_cut(file.name, file.path);
    const bool missing =
        !opened && opened.error().code == boost::system::errc::no_such_file_or_directory;
    if (missing && file.path.extension() == ".jsonl") {  // it was compressed meanwhile
        file.name += compressed_extension;
        file.path += compressed_extension;
        opened = open_cut(file.name, file.path);
    }
    if (!opened && opened.error().code == boost::system::errc::no_such_file_or_directory)
        return changed_meanwhile();
    if (!opened) return opened.error();
    return std::optional(std::move(*opened));
}

Result<LogCut> cut_log(const std::filesystem::path& folder) { return LogCutter(folder).run(); }

}  // namespace sallyport::audit
