#include "audit/verify.hpp"

#include "audit/chain.hpp"
#include "audit/open_exchanges.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "audit/record_fields.hpp"
#include "certs/sha256.hpp"

#include <algorithm>
#include <array>

namespace sallyport::audit {
namespace {

/// Walks over the lines of a log and compares each with what the ones before let expect.
class Verification {
public:
    explicit Verification(Reader reader) : reader_(std::move(reader)) {}

    Result<Report> run();

private:
    void check(const RawLine& line);
    void check_end_of_file(const RawLine& line);
    void check_first_of_segment(const Record& record);
    void check_chain(const Record& record, std::string_view line);
    void check_exchange(const Record& record);
    void check_event(const Record& record);
    void check_all_closed(Sequence opened);
    void check_recovery(const Record& record);
    void note_files();
    void problem(std::string text) { problem_at(line_, std::move(text)); }
    void problem_at(std::uint64_t line, std::string text);

    Reader reader_;
    Report report_;
    certs::Sha256Hasher hasher_;
    OpenExchanges open_;
    std::uint64_t line_ = 0;
    std::optional<std::size_t> segment_;      // of the line before
    std::optional<std::string> line_digest_;  // of the line before, if it was a record
    std::optional<Sequence> previous_;        // of the last record
    std::optional<Sequence> opened_;          // of a start that may still be closing lost exchanges
};

void Verification::problem_at(std::uint64_t line, std::string text) {
    if (report_.problem_count++ >= Report::problems_max) return;
    report_.problems.push_back({.file = reader_.segment().path.filename().string(),
                                .line = line,
                                .text = std::move(text)});
}

Result<Report> Verification::run() {
    note_files();
    while (true) {
        const auto line = reader_.next();
        if (!line) return line.error();
        if (!*line) break;
        check(**line);
    }
    report_.segments = reader_.segments().size();
    report_.exchanges_open = open_.size() + open_.untracked();
    if (line_digest_) report_.last_digest = *line_digest_;
    if (report_.exchanges_open > 0)
        report_.notes.push_back(std::to_string(report_.exchanges_open) +
                                " exchanges have begun and not ended: they are running, or the "
                                "agent was killed and has not started again");
    return std::move(report_);
}

void Verification::note_files() {
    const auto& segments = reader_.segments();
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
        if (segments[i].bytes > 0) continue;
        ++report_.problem_count;
        report_.problems.push_back({.file = segments[i].path.filename().string(),
                                    .text = "this segment is empty, but later ones are there"});
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
    check_chain(*record, line.bytes);
    check_exchange(*record);
    check_event(*record);
}

void Verification::check_end_of_file(const RawLine& line) {
    const auto what = "the last line is cut after " + std::to_string(line.length) + " bytes";
    if (!reader_.in_last_segment()) {
        problem(what + ", but a later segment is there");
        return;
    }
    report_.notes.push_back(reader_.segment().path.filename().string() + ": " + what +
                            " (torn tail): a crash leaves this behind, or it is just being "
                            "written; the next start moves it aside and records that");
}

void Verification::check_first_of_segment(const Record& record) {
    if (record.sequence != reader_.segment().first)
        problem("the file is named after record " + std::to_string(reader_.segment().first) +
                ", but begins with record " + std::to_string(record.sequence));
    if (report_.records != 1) return;
    report_.first = record.sequence;
    if (record.sequence > 0)
        problem("the log begins with record " + std::to_string(record.sequence) +
                ": the records before it are missing");
    if (record.sequence == 0 && record.prev != to_hex(chain_start))
        problem("the first record names a record before it");
}

void Verification::check_chain(const Record& record, std::string_view line) {
    if (previous_ && record.sequence != *previous_ + 1) {
        const auto at = std::to_string(record.sequence);
        const auto before = std::to_string(*previous_);
        if (record.sequence > *previous_)
            problem("record " + at + " follows record " + before + ": " +
                    std::to_string(record.sequence - *previous_ - 1) + " records are missing");
        else
            problem("record " + at + " follows record " + before +
                    ": it was repeated, inserted or moved");
    }
    if (line_digest_ && record.prev != *line_digest_)
        problem("the chain is broken: the line before is not the one that record " +
                std::to_string(record.sequence) + " was chained to");
    line_digest_ = to_hex(hasher_(as_bytes(line)));
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
            " is not its begin, or it has ended before");
}

void Verification::check_event(const Record& record) {
    if (record.event == event::log_opened) opened_ = record.sequence;
    if (record.event == event::log_recovered) check_recovery(record);
    constexpr std::array<std::string_view, 5> of_the_start = {
        event::log_recovered, event::log_opened, event::segment_opened, event::clock_step,
        event::exchange_end};
    const bool starting =
        std::find(of_the_start.begin(), of_the_start.end(), record.event) != of_the_start.end();
    if (!starting && opened_) check_all_closed(*std::exchange(opened_, std::nullopt));
}

/// A start closes what its predecessor left open, before anything else happens.
void Verification::check_all_closed(Sequence opened) {
    for (const auto& exchange : open_.all()) {
        if (exchange.begin > opened) break;
        open_.end(exchange.id, exchange.begin);
        problem("exchange " + exchange.id + " began in record " + std::to_string(exchange.begin) +
                " and has no end, though the agent was started again after it");
    }
}

void Verification::check_recovery(const Record& record) {
    const auto lines = record.number("torn_lines").value_or(0);
    const auto dropped = record.number("dropped").value_or(0);
    if (lines > 0)
        problem(std::to_string(lines) +
                " whole lines behind the last readable record were moved "
                "to " +
                std::string(record.text("copy")) +
                ": the kill of a process does not leave such lines, the loss of power may");
    if (dropped > 0)
        report_.notes.push_back("record " + std::to_string(record.sequence) +
                                ": the log had failed, and " + std::to_string(dropped) +
                                " records were not taken");
}

}  // namespace

Result<Report> verify(const std::filesystem::path& folder) {
    auto reader = Reader::open(folder);
    if (!reader) return reader.error();
    return Verification(std::move(*reader)).run();
}

std::string_view what_is_proved(const Report& report) {
    if (report.records == 0) return "Proved: nothing, there is no record.\n";
    if (!report.good())
        return "Proved: this is not the log as it was written. Nothing can be said about the "
               "records "
               "from the first problem on; those before it hang together.\n";
    return "Proved: no record was edited, inserted, removed, repeated or moved without rewriting "
           "every record after it.\n"
           "Not proved: that nobody rewrote the whole chain (records are not signed yet), and that "
           "the newest records were not cut off. Keep the last sequence and digest elsewhere and "
           "compare them later: records up to there cannot be changed or cut off unnoticed.\n";
}

}  // namespace sallyport::audit
