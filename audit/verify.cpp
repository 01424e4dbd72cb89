#include "audit/verify.hpp"

#include "audit/chain.hpp"
#include "audit/disclosure_check.hpp"
#include "audit/open_exchanges.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "audit/record_fields.hpp"
#include "audit/verify_identity.hpp"
#include "audit/verify_seal.hpp"
#include "base/error.hpp"
#include "tlog/tree.hpp"

#include <algorithm>
#include <array>
#include <future>

namespace sallyport::audit {
namespace {

/// Which of the two it was, nothing in them tells.
std::string broken_chain(std::optional<Sequence> before, Sequence at) {
    const auto record = "record " + std::to_string(at);
    if (!before || *before + 1 != at)
        return "the chain is broken: the line before is not the one that " + record +
               " was chained to";
    return "the chain is broken: record " + std::to_string(*before) +
           " (the line before), or the prev of " + record + ", was changed";
}

/// Walks over the lines of a log and compares each with what the ones before let expect.
class Verification {
public:
    Verification(Reader reader, const VerifyOptions& options)
        : reader_(std::move(reader)), identity_(options) {}

    Result<Report> run();
    /// What the records and the checkpoints say of each other.
    void compare(Report& report) const { identity_.compare(report); }

private:
    void check(const RawLine& line);
    void check_end_of_file(const RawLine& line);
    void check_first_of_segment(const Record& record);
    void check_seal(const Record& record);
    void check_chain(const Record& record, std::string_view line);
    void check_exchange(const Record& record);
    void check_disclosures(const Record& record);
    void check_event(const Record& record);
    void check_all_closed(Sequence opened);
    void check_recovery(const Record& record);
    void note_files();
    void problem(std::string text, std::string_view verdict = verdict::record) {
        problem_at(line_, std::move(text), verdict);
    }
    void problem_at(std::uint64_t line, std::string text, std::string_view verdict);

    Reader reader_;
    IdentityCheck identity_;
    Report report_;
    DisclosureCheck disclosures_;
    bool disclosures_unreadable_ = false;
    OpenExchanges open_;
    std::uint64_t line_ = 0;
    std::optional<std::size_t> segment_;      // of the line before
    std::optional<std::size_t> sealed_;       // the last segment that a record ended
    std::optional<std::string> line_digest_;  // of the line before, if it was a record
    std::optional<Sequence> previous_;        // of the last record
    std::optional<Sequence> opened_;          // of a start that may still be closing lost exchanges
    std::string boot_;                        // of the last record
    bool rebooted_ = false;                   // between the last record at work and this start
};

void Verification::problem_at(std::uint64_t line, std::string text, std::string_view verdict) {
    report_.add({.file = reader_.segment().path.filename().string(),
                 .line = line,
                 .text = std::move(text),
                 .verdict = verdict});
}

Result<Report> Verification::run() {
    note_files();
    while (true) {
        const auto line = reader_.next();
        if (!line && !is_damage(line.error())) return line.error();
        if (!line) {
            segment_ = reader_.segment_index();
            problem_at(0, line.error().detail + "; its remaining records cannot be read",
                       verdict::file);
            line_digest_.reset();
            continue;
        }
        if (!*line) break;
        check(**line);
    }
    report_.segments = reader_.segments().size();
    report_.exchanges_open = open_.size() + open_.untracked();
    if (line_digest_) report_.last_digest = *line_digest_;
    report_.personal = disclosures_.report();
    if (const auto missing = report_.personal.missing; missing > 0)
        report_.notes.push_back(std::to_string(missing) +
                                " personal values are missing, and no record says that they were "
                                "erased: this is a copy without them, or somebody removed them");
    if (report_.exchanges_open > 0)
        report_.notes.push_back(std::to_string(report_.exchanges_open) +
                                " exchanges have begun and not ended: they are running, or the "
                                "agent was killed and has not started again");
    return report_;
}

void Verification::note_files() {
    const auto& segments = reader_.segments();
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
        if (segments[i].bytes > 0) continue;
        report_.add({.file = segments[i].path.filename().string(),
                     .text = "this segment is empty, but later ones are there",
                     .verdict = verdict::file});
    }
    if (segments.empty()) report_.notes.push_back("there is no segment: the log is empty");
}

void Verification::check(const RawLine& line) {
    line_ = line.number;
    const bool first_of_segment = segment_ != reader_.segment_index();
    segment_ = reader_.segment_index();
    if (!line.whole) {
        check_end_of_file(line);
        line_digest_.reset();
        return;
    }
    auto record = line.fits() ? parse_record(line.bytes)
                              : Result<Record>(Error{{}, "longer than a record may be"});
    if (!record) {
        problem("this line is not a record: " + record.error().detail);
        line_digest_.reset();
        return;
    }
    ++report_.records;
    if (first_of_segment) check_first_of_segment(*record);
    check_seal(*record);
    check_chain(*record, line.bytes);
    check_disclosures(*record);
    check_exchange(*record);
    check_event(*record);
}

void Verification::check_end_of_file(const RawLine& line) {
    const auto what = "the last line is cut after " + std::to_string(line.length) + " bytes";
    if (!reader_.in_last_segment()) {
        problem(what + ", but a later segment is there", verdict::file);
        return;
    }
    report_.notes.push_back(reader_.segment().path.filename().string() + ": " + what +
                            " (torn tail): a crash leaves this behind, or it is just being "
                            "written; the next start moves it aside and records that");
}

void Verification::check_first_of_segment(const Record& record) {
    if (record.sequence != reader_.segment().first)
        problem("the file is named after record " + std::to_string(reader_.segment().first) +
                    ", but begins with record " + std::to_string(record.sequence),
                verdict::file);
    if (report_.records != 1) return;
    report_.first = record.sequence;
    if (record.sequence == 0 && record.prev != to_hex(chain_start))
        problem("the first record names a record before it", verdict::chain);
}

/// Nothing stands behind the record that ends a segment, and it counts the ones before.
void Verification::check_seal(const Record& record) {
    const auto first = reader_.segment().first;
    const auto at = std::to_string(record.sequence);
    if (sealed_ == reader_.segment_index())
        problem("record " + at + " stands behind the one that ended this segment");
    if (record.event != event::segment_sealed) return;
    sealed_ = reader_.segment_index();
    if (record.number("records") != record.sequence + 1 - first)
        problem("record " + at + " ends this segment, but its number of records is another");
}

void Verification::check_chain(const Record& record, std::string_view line) {
    if (previous_ && record.sequence != *previous_ + 1) {
        const auto at = std::to_string(record.sequence);
        const auto before = std::to_string(*previous_);
        if (record.sequence > *previous_)
            problem("record " + at + " follows record " + before + ": " +
                        std::to_string(record.sequence - *previous_ - 1) + " records are missing",
                    verdict::sequence);
        else
            problem("record " + at + " follows record " + before +
                        ": it was repeated, inserted or moved",
                    verdict::sequence);
    }
    if (line_digest_ && record.prev != *line_digest_)
        problem(broken_chain(previous_, record.sequence), verdict::chain);
    line_digest_ = to_hex(tlog::leaf_hash(as_bytes(line)));
    previous_ = record.sequence;
    report_.last = record.sequence;
}

void Verification::check_exchange(const Record& record) {
    const auto id = record.text("exchange");
    if (record.event == event::exchange_begin) open_.begin(id, record.sequence);
    if (record.event != event::exchange_end) return;
    const auto begin = record.number("begin");
    // Refused, or not recorded when it began.
    if (!begin || open_.end(id, *begin)) return;
    if (open_.untracked() > 0 || (report_.first && *begin < *report_.first)) return;
    problem("exchange " + std::string(id) + " ends, but record " + std::to_string(*begin) +
                " is not its begin, or it has ended before",
            verdict::exchange);
}

void Verification::check_disclosures(const Record& record) {
    if (disclosures_unreadable_) return;
    auto wrong = disclosures_.check(reader_.segment(), record);
    disclosures_unreadable_ = !wrong;
    if (!wrong)
        return report_.notes.push_back("what is disclosed of persons was not checked: " +
                                       to_text(wrong.error()));
    for (auto& text : *wrong) problem(std::move(text), verdict::disclosure);
}

void Verification::check_event(const Record& record) {
    if (record.event == event::log_opened) opened_ = record.sequence;
    if (!boot_.empty() && record.boot != boot_) rebooted_ = true;
    boot_ = record.boot;
    if (record.event == event::log_recovered) check_recovery(record);
    identity_.take(record);
    constexpr std::array<std::string_view, 6> of_the_start = {
        event::log_recovered,  event::log_opened, event::segment_sealed,
        event::segment_opened, event::clock_step, event::exchange_end};
    const bool starting =
        std::find(of_the_start.begin(), of_the_start.end(), record.event) != of_the_start.end();
    if (!starting) rebooted_ = false;
    if (!starting && opened_) check_all_closed(*std::exchange(opened_, std::nullopt));
}

/// A start closes what its predecessor left open, before anything else happens.
void Verification::check_all_closed(Sequence opened) {
    for (const auto& exchange : open_.all()) {
        if (exchange.begin > opened) break;
        open_.end(exchange.id, exchange.begin);
        problem("exchange " + exchange.id + " began in record " + std::to_string(exchange.begin) +
                    " and has no end, though the agent was started again after it",
                verdict::exchange);
    }
}

void Verification::check_recovery(const Record& record) {
    const auto lines = record.number("torn_lines").value_or(0);
    const auto dropped = record.number("dropped").value_or(0);
    if (lines > 0) {
        auto text = std::to_string(lines) +
                    " whole lines behind the last readable record were moved to " +
                    std::string(record.text("copy"));
        // The kill of a process does not leave such lines.
        if (rebooted_)
            report_.notes.push_back(text + ", as the loss of power may leave them");
        else
            problem(text + ", though the machine had not been started again");
    }
    if (dropped > 0)
        report_.notes.push_back("record " + std::to_string(record.sequence) +
                                ": the log had failed, and " + std::to_string(dropped) +
                                " records were not taken");
}

}  // namespace

Result<Report> verify(const std::filesystem::path& folder, const VerifyOptions& options) {
    auto listed = list_segments(folder);
    if (!listed) return listed.error();
    // The next segment is there before the last record of the one before it is.
    while (listed->size() > 1 && listed->back().bytes == 0) listed->pop_back();
    const auto first = listed->empty() ? std::nullopt : std::optional(listed->front().first);
    if (auto wrong = options.wrong_range(first, std::nullopt))
        return Error{Errc::not_found, std::move(*wrong)};
    const auto segments = options.selected(*listed);
    const bool leaves_out = !segments.empty() && segments.front().first > listed->front().first;
    // Two walks over the same lines: one parses, one hashes. Each takes a core.
    auto sealed = std::async(std::launch::async,
                             [&] { return verify_seals(folder, segments, options, leaves_out); });
    Verification verification(Reader(segments), options);
    auto report = verification.run();
    auto seals = sealed.get();
    if (!report) return report.error();
    if (!seals) return seals.error();
    report->seal = std::move(seals->report);
    for (auto& found : seals->problems) report->add(std::move(found));
    for (auto& note : seals->notes) report->notes.push_back(std::move(note));
    verification.compare(*report);
    auto wrong = options.wrong_range(first, report->last);
    if (wrong && report->good()) return Error{Errc::not_found, std::move(*wrong)};
    return report;
}

}  // namespace sallyport::audit
