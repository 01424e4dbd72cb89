#include "daemon/verify_report.hpp"

#include "audit/problem_json.hpp"
#include "audit/render.hpp"

#include <boost/json/array.hpp>

namespace sallyport::daemon {
namespace {

boost::json::object to_json(const audit::SealReport& seal) {
    boost::json::array vkeys;
    for (const auto& vkey : seal.vkeys) vkeys.emplace_back(vkey);
    return {{"origin", seal.origin},
            {"vkeys", std::move(vkeys)},
            {"key_known", seal.keys_known},
            {"checkpoints", seal.checkpoints},
            {"size", seal.size},
            {"root", seal.root},
            {"witnessed_size", seal.witnessed}};
}

boost::json::object to_json(const audit::Report& report) {
    boost::json::array notes;
    for (const auto& note : report.notes) notes.emplace_back(note);
    boost::json::object json{{"good", report.good()},
                             {"segments", report.segments},
                             {"records", report.records},
                             {"last_digest", report.last_digest},
                             {"exchanges_open", report.exchanges_open},
                             {"problem_count", report.problem_count},
                             {"problems", audit::problems_json(report.problems)},
                             {"notes", std::move(notes)},
                             {"signed", report.seal.sealed},
                             {"meaning", audit::what_is_proved(report)}};
    if (report.first) json["first_seq"] = *report.first;
    if (report.last) json["last_seq"] = *report.last;
    if (report.seal.sealed) json["seal"] = to_json(report.seal);
    const auto& personal = report.personal;
    json["personal"] = boost::json::object{{"present", personal.present},
                                           {"erased", personal.erased},
                                           {"missing", personal.missing},
                                           {"falsified", personal.falsified}};
    return json;
}

void print_problem(const audit::Problem& problem, std::ostream& out) {
    if (!problem.file.empty()) out << problem.file;
    if (problem.line > 0) out << ':' << problem.line;
    if (!problem.file.empty()) out << ": ";
    out << problem.verdict << ": " << audit::printable(problem.text) << '\n';
}

void print(const audit::Report& report, std::ostream& out) {
    for (const auto& problem : report.problems) print_problem(problem, out);
    if (report.problem_count > report.problems.size())
        out << "... and " << report.problem_count - report.problems.size() << " more\n";
    for (const auto& note : report.notes) out << "note: " << audit::printable(note) << '\n';
    out << report.records << " records in " << report.segments << " segments";
    if (report.first && report.last) out << ", seq " << *report.first << " to " << *report.last;
    out << ": " << (report.good() ? "good" : std::to_string(report.problem_count) + " problems")
        << '\n';
    if (report.seal.sealed)
        out << report.seal.checkpoints << " checkpoints of " << audit::printable(report.seal.origin)
            << ", signed up to size " << report.seal.size << '\n';
    if (const auto& personal = report.personal; personal.all() > 0) {
        out << "personal values: " << personal.present << " present, " << personal.erased
            << " erased, " << personal.missing << " missing";
        if (personal.falsified > 0) out << ", " << personal.falsified << " FALSIFIED";
        out << '\n';
    }
    if (!report.last_digest.empty())
        out << "digest of the last record: " << report.last_digest << '\n';
    out << audit::what_is_proved(report);
}

std::string in_a_word(const audit::Report& report) {
    return report.good() ? "good" : std::to_string(report.problem_count) + " PROBLEMS";
}

/// Who reads only the end must not miss what is wrong with the others.
void print_summary(const audit::WholeReport& report, std::ostream& out) {
    out << "\nALTOGETHER: this log: " << in_a_word(report.log);
    for (const auto& generation : report.generations)
        out << "; " << audit::printable(generation.name) << ": " << in_a_word(generation.report);
    out << '\n';
}

}  // namespace

boost::json::object verify_json(const audit::WholeReport& report) {
    auto json = to_json(report.log);
    boost::json::array generations;
    for (const auto& generation : report.generations) {
        boost::json::object told{{"generation", generation.name}};
        if (generation.told) told["put_aside_because"] = generation.told->broken;
        auto found = to_json(generation.report);
        told.insert(found.begin(), found.end());
        generations.push_back(std::move(told));
    }
    json["this_log_good"] = report.log.good();
    json["good"] = report.good();
    json["generations"] = std::move(generations);
    return json;
}

void print_verified(const audit::WholeReport& report, std::ostream& out) {
    print(report.log, out);
    for (const auto& generation : report.generations) {
        out << "\n== " << audit::printable(generation.name)
            << ", a log before this one, which was put aside\n";
        print(generation.report, out);
    }
    if (!report.generations.empty()) print_summary(report, out);
}

}  // namespace sallyport::daemon
