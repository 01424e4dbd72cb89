// Arbitrary bytes as a line, and as a file, of what the log discloses of persons: readers get
// through it, agree with each other, and never show a value that a record did not commit to.
#include "audit/disclosure.hpp"
#include "audit/disclosure_check.hpp"
#include "audit/disclosure_reader.hpp"
#include "audit/query.hpp"
#include "audit/verify.hpp"
#include "base/bytes.hpp"
#include "log_folder.hpp"

#include <filesystem>
#include <string>

namespace {

using namespace sallyport;
using namespace sallyport::audit;

/// A record that commits to "jane", with a salt of zeros.
std::string record_line() {
    return "{\"seq\":0,\"prev\":\"" + std::string(64, '0') +
           "\",\"time\":\"2025-03-01T12:00:00.000000Z\",\"boot\":\"b\",\"mono\":1,"
           "\"event\":\"link.up\",\"cfg\":\"0\",\"user_c\":\"" +
           commitment(Salt{}, "jane") + "\"}\n";
}

void check_line(std::string_view line) {
    const auto disclosure = parse_disclosure(line);
    const auto sequence = disclosed_sequence(line);
    if (!disclosure) return;
    require(sequence && *sequence == disclosure->sequence && is_personal(disclosure->field));
}

/// The value that readers show is the one committed to, or says that it is none.
void check_file() {
    const Segment segment{.path = folder() / segment_name(0), .first = 0, .bytes = 1};
    DisclosureReader reader(disclosures_path(segment));
    const auto line = record_line();
    const auto joined = join(line, reader);
    require(joined.has_value());
    const auto record = parse_record(*joined);
    require(record.has_value());
    const auto user = record->text("user");
    require(user == "jane" || user == erased_text || user == falsified_text);

    const auto report = verify(folder());
    require(report && report->records == 1 && report->personal.all() == 1);
    require((report->personal.present == 1) == (user == "jane"));
    require((report->personal.falsified == 1) == (user == falsified_text));
    const auto found = query(folder(), {.user = "jane"}, [](const Finding&) { return true; });
    require(found && found->found <= report->personal.present);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    for (std::string_view left = input; !left.empty();) {
        const auto end = left.find('\n');
        check_line(left.substr(0, end));
        left.remove_prefix(end == left.npos ? left.size() : end + 1);
    }
    put(segment_name(0), record_line());
    put(disclosures_name(0), input);
    check_file();
    return 0;
}
