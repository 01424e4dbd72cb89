// Arbitrary bytes as a segment: everything that reads logs gets through them, and what the log
// itself makes of them at a start can be verified and read.
#include "audit/csv.hpp"
#include "audit/log.hpp"
#include "audit/query.hpp"
#include "audit/recovery.hpp"
#include "audit/render.hpp"
#include "audit/tail.hpp"
#include "audit/verify.hpp"
#include "base/file.hpp"
#include "log_folder.hpp"

#include <string>

namespace {

using namespace sallyport;
using namespace sallyport::audit;

/// The bytes before the first zero byte are one segment, the rest is the next.
void write_segments(std::string_view input) {
    for (const auto& entry : std::filesystem::directory_iterator(folder()))
        std::filesystem::remove(entry.path());
    const auto cut = input.find('\0');
    put(segment_name(0), input.substr(0, cut));
    if (cut != std::string_view::npos) put(segment_name(3), input.substr(cut + 1));
}

void read_everything() {
    const auto report = verify(folder());
    require(report.has_value());
    const auto summary = query(folder(), {}, [](const Finding& finding) {
        require(table_row(finding).ends_with('\n') && csv_row(finding).ends_with("\r\n"));
        return true;
    });
    require(summary.has_value());
    require(summary->unreadable <= report->problem_count);
    auto tail = Tail::open(folder(), 3);
    require(tail && tail->read([](std::string_view line) { require(line.ends_with('\n')); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto record = parse_record(input)) static_cast<void>(unmark(record->text("path")));
    write_segments(input);
    read_everything();

    const auto recovered = recover(folder());
    require(recovered.has_value());
    const auto again = recover(folder());
    require(again && again->torn.empty() && again->state.next == recovered->state.next);
    read_everything();
    return 0;
}
