// The text format is short enough to be written here: a library for it would be one more that the
// portable programs have to bring along.
#include "daemon/metrics.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace sallyport::daemon {
namespace {

double seconds_in(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

std::string_view type_of(Metrics::Kind kind) {
    switch (kind) {
        case Metrics::Kind::counter:
            return "counter";
        case Metrics::Kind::histogram:
            return "histogram";
        case Metrics::Kind::gauge:
            break;
    }
    return "gauge";
}

void write_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
}

void write_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    std::array<char, 32> text{};  // the shortest that is this number again, at most 24
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

/// One line. `bound`: of a bucket.
void write_sample(std::string& out, std::string_view name, const Metrics::Sample& sample,
                  double value, std::optional<double> bound = std::nullopt) {
    out += name;
    char before = '{';
    for (const auto& [label, text] : sample.labels) {
        out += before;
        out += label;
        out += "=\"";
        write_escaped(out, text);
        out += '"';
        before = ',';
    }
    if (bound) {
        out += before;
        out += "le=\"";
        write_number(out, *bound);
        out += '"';
        before = ',';
    }
    if (before == ',') out += '}';
    out += ' ';
    write_number(out, value);
    out += '\n';
}

void write_histogram(std::string& out, const std::string& name, const Metrics::Sample& sample) {
    const auto count = static_cast<double>(sample.count);
    const auto bucket = name + "_bucket";
    for (const auto& [bound, below] : sample.buckets)
        write_sample(out, bucket, sample, static_cast<double>(below), bound);
    write_sample(out, bucket, sample, count, std::numeric_limits<double>::infinity());
    write_sample(out, name + "_sum", sample, sample.sum);
    write_sample(out, name + "_count", sample, count);
}

std::vector<std::pair<std::string, std::string>> texts_of(Metrics::Labels labels) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& [name, value] : labels) texts.emplace_back(name, value);
    return texts;
}

}  // namespace

Metrics::Family& Metrics::Family::add(Labels labels, double value) {
    samples_.push_back({.labels = texts_of(labels), .value = value});
    return *this;
}

Metrics::Family& Metrics::Family::add(Labels labels, std::chrono::steady_clock::duration time) {
    return add(labels, seconds_in(time));
}

Metrics::Family& Metrics::Family::add(Labels labels,
                                      std::span<const std::chrono::microseconds> bounds,
                                      std::span<const std::uint64_t> counts,
                                      std::chrono::steady_clock::duration sum) {
    assert(kind_ == Kind::histogram && counts.size() == bounds.size() + 1);
    Sample sample{.labels = texts_of(labels), .sum = seconds_in(sum)};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        sample.count += counts[i];
        sample.buckets.emplace_back(seconds_in(bounds[i]), sample.count);
    }
    sample.count += counts.back();
    samples_.push_back(std::move(sample));
    return *this;
}

Metrics::Family& Metrics::counter(std::string_view name, std::string_view help) {
    assert(name.ends_with("_total"));
    return family(name, help, Kind::counter);
}

Metrics::Family& Metrics::gauge(std::string_view name, std::string_view help) {
    return family(name, help, Kind::gauge);
}

Metrics::Family& Metrics::histogram(std::string_view name, std::string_view help) {
    assert(name.ends_with("_seconds"));
    return family(name, help, Kind::histogram);
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, Kind kind) {
    return families_.emplace_back(name, help, kind);
}

std::string Metrics::text() const {
    std::string out;
    for (const auto& family : families_) {
        out += "# HELP ";
        out += family.name();
        out += ' ';
        out += family.help();
        out += "\n# TYPE ";
        out += family.name();
        out += ' ';
        out += type_of(family.kind());
        out += '\n';
        for (const auto& sample : family.samples()) {
            if (family.kind() == Kind::histogram) {
                write_histogram(out, family.name(), sample);
            } else {
                write_sample(out, family.name(), sample, sample.value);
            }
        }
    }
    return out;
}

}  // namespace sallyport::daemon
