#include "audit/export_verdict.hpp"

#include "audit/problem_json.hpp"
#include "base/error.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <span>

namespace sallyport::audit {
namespace {

/// `verify` lists them all.
constexpr std::size_t problems_named = 10;

std::string range_of(const std::optional<Sequence>& first, const std::optional<Sequence>& last) {
    if (!first || !last) return "none";
    return "records " + std::to_string(*first) + " to " + std::to_string(*last);
}

void not_verified(ExportReport& report, std::string text) {
    report.verified.add(
        {.file = "manifest.json", .text = std::move(text), .verdict = verdict::not_compared});
}

}  // namespace

Result<void> verify_exported(const std::filesystem::path& log, ExportReport& report) {
    auto verified = verify(log, {.since = report.first, .until = report.last});
    if (!verified && verified.error().code == Errc::not_found) {  // all of them were pruned
        not_verified(report, range_of(report.first, report.last) +
                                 " were exported, and could not be verified any more: " +
                                 verified.error().detail);
        return {};
    }
    if (!verified) return verified.error();
    report.verified = std::move(*verified);
    compare_ranges(report);
    return {};
}

/// The log may delete its oldest records between the two.
void compare_ranges(ExportReport& report) {
    const auto& verified = report.verified;
    if (!report.first || !report.last || !verified.good()) return;
    if (verified.first && *verified.first <= *report.first && verified.last &&
        *verified.last >= *report.last)
        return;
    not_verified(report, range_of(report.first, report.last) +
                             " were exported, but verified were " +
                             range_of(verified.first, verified.last) +
                             ": the others were not there any more; export again");
}

std::uint64_t unsigned_exported(const ExportReport& report) {
    if (!report.first || !report.last) return 0;
    const auto from = std::max<std::uint64_t>(report.verified.seal.size, *report.first);
    return from > *report.last ? 0 : *report.last + 1 - from;
}

std::string describe_unsigned(const ExportReport& report) {
    const auto count = unsigned_exported(report);
    if (count == 0) return {};
    if (!report.verified.seal.sealed) return "this log has no checkpoints: no record is signed";
    return std::to_string(count) + " newest records are not signed yet";
}

bool is_good(const ExportReport& report) {
    return report.verified.good() && unsigned_exported(report) == 0;
}

boost::json::object verdict_json(const ExportReport& report) {
    const auto& verified = report.verified;
    const auto named = std::min(problems_named, verified.problems.size());
    boost::json::object json{{"good", is_good(report)}};
    if (verified.first) json["first_seq"] = *verified.first;
    if (verified.last) json["last_seq"] = *verified.last;
    json["signed_size"] = verified.seal.size;
    json["unsigned"] = unsigned_exported(report);
    json["problem_count"] = verified.problem_count;
    json["problems"] = problems_json(std::span(verified.problems).first(named));
    json["notes"] = boost::json::array(verified.notes.begin(), verified.notes.end());
    return json;
}

}  // namespace sallyport::audit
