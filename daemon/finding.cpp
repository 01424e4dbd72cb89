#include "daemon/finding.hpp"

#include "daemon/counted.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::array verdicts{Verdict::good, Verdict::warning, Verdict::failed, Verdict::skipped};
constexpr std::size_t verdict_width = 9;
constexpr std::size_t title_width = 34;

Tone tone_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::good:
            return Tone::good;
        case Verdict::warning:
            return Tone::warning;
        case Verdict::failed:
            return Tone::bad;
        case Verdict::skipped:
            break;
    }
    return Tone::faint;
}

std::string padded(std::string_view text, std::size_t width) {
    return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::size_t count_of(const std::vector<Finding>& findings, Verdict verdict) {
    return static_cast<std::size_t>(std::ranges::count_if(
        findings, [=](const auto& finding) { return finding.judged.verdict == verdict; }));
}

}  // namespace

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::good:
            return "ok";
        case Verdict::warning:
            return "warning";
        case Verdict::failed:
            return "failed";
        case Verdict::skipped:
            break;
    }
    return "skipped";
}

int exit_code_of(const std::vector<Finding>& findings) {
    return count_of(findings, Verdict::failed) > 0 ? 1 : 0;
}

json::object findings_json(const std::vector<Finding>& findings) {
    json::array all;
    for (const auto& [id, title, judged] : findings) {
        json::object one{{"id", id},
                         {"title", title},
                         {"result", to_text(judged.verdict)},
                         {"seen", judged.seen}};
        if (!judged.remedy.empty()) one["remedy"] = judged.remedy;
        all.push_back(std::move(one));
    }
    json::object out{{"findings", std::move(all)}};
    for (const auto verdict : verdicts) out[to_text(verdict)] = count_of(findings, verdict);
    return out;
}

std::string finding_text(const Finding& finding, const Paint& paint) {
    const auto& judged = finding.judged;
    const auto word = to_text(judged.verdict);
    auto text =
        paint(tone_of(judged.verdict), word) + std::string(verdict_width - word.size(), ' ') +
        paint(Tone::strong, padded(finding.title, title_width)) +
        paint(judged.verdict == Verdict::skipped ? Tone::faint : Tone::plain, judged.seen) + "\n";
    if (!judged.remedy.empty())
        text += std::string(verdict_width, ' ') + "-> " + paint(Tone::plain, judged.remedy) + "\n";
    return text;
}

std::string summary_text(const std::vector<Finding>& findings, const Paint& paint) {
    auto text = counted(findings.size(), "check") + ": ";
    for (const auto verdict : verdicts) {
        const auto count = count_of(findings, verdict);
        const auto part = std::to_string(count) + " " + std::string(to_text(verdict));
        text += (verdict == Verdict::good ? "" : ", ") +
                paint(count == 0 ? Tone::plain : tone_of(verdict), part);
    }
    return text + "\n";
}

}  // namespace sallyport::daemon
