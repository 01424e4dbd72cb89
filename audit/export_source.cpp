#include "audit/export_source.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/disclosure.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace sallyport::audit {

Result<std::optional<ExportLine>> ExportLines::next() {
    while (true) {
        const auto line = reader_.next();
        if (!line) return line.error();
        if (!*line) return std::optional<ExportLine>();
        if (!(*line)->whole || !(*line)->fits()) continue;  // being written, or none of ours
        const auto bytes = (*line)->bytes;
        if (!personal_) return std::optional(ExportLine{bytes, bytes});
        if (!disclosures_ || segment_ != reader_.segment_index()) {
            disclosures_.emplace(disclosures_path(reader_.segment()));
            segment_ = reader_.segment_index();
        }
        auto joined = join(bytes, *disclosures_);
        if (!joined) return joined.error();
        shown_ = std::move(*joined);
        return std::optional(ExportLine{bytes, shown_});
    }
}

Result<ExportSource> ExportSource::open(const std::filesystem::path& folder) {
    auto segments = list_segments(folder);
    if (!segments) return segments.error();
    if (segments->empty()) return Error{Errc::not_found, folder.string() + " holds no audit log"};
    ExportSource source;
    source.segments_ = std::move(*segments);
    source.records_ = source.segments_.back().first;
    if (auto read = source.read_checkpoint_of(folder); !read) return read.error();
    if (source.checkpoint_)
        source.records_ = std::max(source.records_, source.checkpoint_->checkpoint.size);
    return source;
}

/// The newest: in the last file that has a whole one.
Result<void> ExportSource::read_checkpoint_of(const std::filesystem::path& folder) {
    const auto keys = LogKeys::read(folder);
    if (!keys) return keys.error();
    if (!*keys) return {};
    vkey_ = (*keys)->newest().to_text();
    const auto files = list_checkpoint_files(folder);
    if (!files) return files.error();
    for (auto file = files->rbegin(); file != files->rend(); ++file) {
        const auto content = read_file(file->path, checkpoint_file_bytes_max);
        if (!content) return content.error();
        const auto spans = split_notes(*content);
        if (spans.notes.empty()) continue;
        auto newest = (*keys)->verify(spans.notes.back());
        if (!newest) return newest.error();
        checkpoint_ = std::move(*newest);
        return {};
    }
    return {};
}

void drop_personal(boost::json::object& fields) {
    for (const auto field : personal_fields) fields.erase(field);
}

}  // namespace sallyport::audit
