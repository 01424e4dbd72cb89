#include "audit/exporting.hpp"

#include "audit/csv.hpp"
#include "audit/ecs.hpp"
#include "audit/export_folder.hpp"
#include "audit/export_source.hpp"
#include "audit/export_tiles.hpp"
#include "audit/export_verdict.hpp"
#include "base/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::audit {
namespace {

constexpr std::array<std::pair<std::string_view, ExportFormat>, 4> formats = {
    {{"csv", ExportFormat::csv},
     {"json", ExportFormat::json},
     {"ecs", ExportFormat::ecs},
     {"tlog-tiles", ExportFormat::tiles}}};

using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

bool in_time(const ExportRequest& request, WallTime time) {
    return (!request.since || time >= *request.since) && (!request.until || time < *request.until);
}

void count(ExportReport& report, Sequence from, Sequence to) {
    ++report.exported;
    report.first = std::min(report.first.value_or(from), from);
    report.last = std::max(report.last.value_or(to), to);
}

Result<void> export_csv(const ExportRequest& request, const ExportSource& source,
                        CompressedFile& file, ExportReport& report, const Progress& progress) {
    if (auto written = file.write(csv_head()); !written) return written;
    Result<void> outcome;
    const auto take = [&](const Finding& finding) {
        auto shown = finding;
        if (!request.personal)
            for (auto& record : shown.records) drop_personal(record.fields);
        outcome = file.write(csv_row(shown));
        count(report, finding.records.front().sequence, finding.records.back().sequence);
        progress(finding.records.back().sequence, source.records());
        return outcome.has_value();
    };
    const auto summary = query(request.log, {.since = request.since, .until = request.until}, take);
    if (!summary) return summary.error();
    report.unreadable = summary->unreadable;
    report.damaged = summary->damaged;
    return outcome;
}

/// What stands in the file for a record.
std::string line_of(ExportFormat format, const Record& record, const ExportLine& line) {
    return format == ExportFormat::ecs ? ecs_line(record, line.signed_line)
                                       : std::string(line.shown);
}

Result<void> export_lines(const ExportRequest& request, const ExportSource& source,
                          CompressedFile& file, ExportReport& report, const Progress& progress) {
    auto lines = source.read(request.personal);
    while (true) {
        const auto line = lines.next();
        if (!line && is_damage(line.error())) {
            ++report.damaged;
            continue;
        }
        if (!line) return line.error();
        if (!*line) return {};
        const auto record = parse_record((*line)->shown);
        if (!record) {
            ++report.unreadable;
            continue;
        }
        progress(record->sequence, source.records());
        if (!in_time(request, record->time)) continue;
        if (auto written = file.write(line_of(request.format, *record, **line)); !written)
            return written;
        count(report, record->sequence, record->sequence);
    }
}

Result<void> export_file(const ExportRequest& request, const ExportSource& source,
                         ExportFolder& folder, ExportReport& report, const Progress& progress) {
    const auto* name = request.format == ExportFormat::csv    ? "exchanges.csv.gz"
                       : request.format == ExportFormat::json ? "records.jsonl.gz"
                                                              : "records.ecs.jsonl.gz";
    auto file = folder.open_compressed(name);
    if (!file) return file.error();
    auto done = request.format == ExportFormat::csv
                    ? export_csv(request, source, *file, report, progress)
                    : export_lines(request, source, *file, report, progress);
    if (!done) return done;
    auto finished = file->finish();
    if (!finished) return finished.error();
    folder.add(std::move(*finished));
    return {};
}

std::string manifest(const ExportRequest& request, const ExportSource& source,
                     const ExportFolder& folder, const ExportReport& report) {
    boost::json::array files;
    for (const auto& file : folder.files())
        files.push_back(boost::json::object{
            {"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    boost::json::object json{
        {"form", "sallyport-audit-export/1"}, {"format", to_text(request.format)},
        {"exported", report.exported},        {"unreadable", report.unreadable},
        {"damaged", report.damaged},          {"personal", request.personal},
        {"first_seq", source.first()},        {"records", source.records()},
        {"verified", verdict_json(report)}};
    if (request.since) json["since"] = to_rfc3339(*request.since);
    if (request.until) json["until"] = to_rfc3339(*request.until);
    if (const auto& newest = source.checkpoint()) {
        json["log"] = newest->checkpoint.origin;
        json["vkey"] = source.vkey();
        json["checkpoint"] = newest->note.to_text();
    }
    json["files"] = std::move(files);
    return boost::json::serialize(json) + '\n';
}

}  // namespace

std::optional<ExportFormat> export_format(std::string_view text) {
    for (const auto& [name, format] : formats)
        if (name == text) return format;
    return std::nullopt;
}

std::string_view to_text(ExportFormat format) {
    for (const auto& [name, other] : formats)
        if (other == format) return name;
    return {};
}

Result<ExportReport> export_log(const ExportRequest& request, const Progress& progress) {
    const auto source = ExportSource::open(request.log);
    if (!source) return source.error();
    const bool tiles = request.format == ExportFormat::tiles;
    if (tiles)
        if (auto possible = can_be_tiles(request, *source); !possible) return possible.error();
    auto folder = ExportFolder::create(request.out);
    if (!folder) return folder.error();
    ExportReport report;
    if (const auto& newest = source->checkpoint()) {
        report.origin = newest->checkpoint.origin;
        report.size = newest->checkpoint.size;
    }
    auto done = tiles ? export_tiles(*source, *folder, report, progress)
                      : export_file(request, *source, *folder, report, progress);
    if (!done) return done.error();
    if (auto verified = verify_exported(request.log, report); !verified) return verified.error();
    report.files = folder->files().size();
    if (auto added = folder->add("manifest.json", manifest(request, *source, *folder, report));
        !added)
        return added.error();
    if (auto synced = folder->finish(); !synced) return synced.error();
    return report;
}

}  // namespace sallyport::audit
