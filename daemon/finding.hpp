#pragma once

#include "base/paint.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// How a check of `doctor` ended. `skipped`: it could not be made, for a reason that another
/// finding tells, or that is none of ours.
enum class Verdict : std::uint8_t { good, warning, failed, skipped };
/// "ok", "warning", "failed", "skipped".
std::string_view to_text(Verdict verdict);

/// What is thought of something that was observed.
struct Judgement {
    Verdict verdict = Verdict::good;
    std::string seen{};    // what was observed, in a line
    std::string remedy{};  // the one thing to do; empty where nothing has to be done

    static Judgement good(std::string seen) { return {Verdict::good, std::move(seen), {}}; }
    static Judgement warning(std::string seen, std::string remedy) {
        return {Verdict::warning, std::move(seen), std::move(remedy)};
    }
    static Judgement failed(std::string seen, std::string remedy) {
        return {Verdict::failed, std::move(seen), std::move(remedy)};
    }
    static Judgement skipped(std::string why) { return {Verdict::skipped, std::move(why), {}}; }
};

struct Finding {
    std::string id{};     // "hub.prod.tls": for programs, the same in each version
    std::string title{};  // "hub prod: TLS"
    Judgement judged{};
};

/// The id of the finding that says whether the configuration is valid.
inline constexpr std::string_view configuration_finding = "configuration";

/// What a check has found so far.
class Findings {
public:
    void add(std::string id, std::string title, Judgement judged) {
        all_.push_back({std::move(id), std::move(title), std::move(judged)});
    }
    void add(Finding finding) { all_.push_back(std::move(finding)); }
    const std::vector<Finding>& all() const { return all_; }

private:
    std::vector<Finding> all_;
};

/// 0 if nothing failed, else 1.
int exit_code_of(const std::vector<Finding>& findings);

/// {"findings": [{"id", "title", "result", "seen", "remedy"}], "ok": 9, "warning": 0, ...}
boost::json::object findings_json(const std::vector<Finding>& findings);

/// One finding for people, in one line or two.
std::string finding_text(const Finding& finding, const Paint& paint);
/// "12 checks: 9 ok, 1 warning, 1 failed, 1 skipped".
std::string summary_text(const std::vector<Finding>& findings, const Paint& paint);

}  // namespace sallyport::daemon
