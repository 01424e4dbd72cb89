#include "daemon/metrics.hpp"

#include <cassert>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace sallyport::daemon {
namespace {

double seconds_in(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

prometheus::MetricType type_of(Metrics::Kind kind) {
    switch (kind) {
        case Metrics::Kind::counter:
            return prometheus::MetricType::Counter;
        case Metrics::Kind::histogram:
            return prometheus::MetricType::Histogram;
        case Metrics::Kind::gauge:
            break;
    }
    return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric metric_of(const Metrics::Sample& sample) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
    metric.counter.value = sample.value;
    metric.gauge.value = sample.value;
    metric.histogram.sample_count = sample.count;
    metric.histogram.sample_sum = sample.sum;
    for (const auto& [bound, count] : sample.buckets) {
        prometheus::ClientMetric::Bucket bucket;
        bucket.upper_bound = bound;
        bucket.cumulative_count = count;
        metric.histogram.bucket.push_back(bucket);
    }
    return metric;
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
    std::vector<prometheus::MetricFamily> families;
    families.reserve(families_.size());
    for (const auto& family : families_) {
        prometheus::MetricFamily told;
        told.name = family.name();
        told.help = family.help();
        told.type = type_of(family.kind());
        for (const auto& sample : family.samples()) told.metric.push_back(metric_of(sample));
        families.push_back(std::move(told));
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

}  // namespace sallyport::daemon
