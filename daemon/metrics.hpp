#pragma once

#include "daemon/histogram.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::daemon {

/// What a program tells Prometheus, as of one moment: families of samples, made anew for each
/// scrape.
///
/// To add a family: write a function `void add_NAME(daemon::Metrics&, ...)` in a file of your own,
/// call it where the program puts its metrics together (agent/agent_metrics.cpp,
/// hub/hub_metrics.cpp), and give it a row in docs/MONITORING.md: a test holds that table against
/// what the programs print. What a worker counts, it counts in plain members of its own thread; a
/// copy of them travels in its Worker::Status. Declare a family also where it has no samples now.
/// Labels have few values that the configuration bounds: never a path, a user or a client.
class Metrics {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    enum class Kind { counter, gauge, histogram };

    struct Sample {
        std::vector<std::pair<std::string, std::string>> labels;
        double value = 0;
        // Of a histogram:
        std::vector<std::pair<double, std::uint64_t>> buckets{};  // upper bound, count up to it
        std::uint64_t count = 0;
        double sum = 0;
    };

    class Family {
    public:
        Family(std::string_view name, std::string_view help, Kind kind)
            : name_(name), help_(help), kind_(kind) {}
        Family& add(Labels labels, double value);
        template <std::integral Number>
        Family& add(Labels labels, Number value) {
            return add(labels, static_cast<double>(value));
        }
        Family& add(Labels labels, std::chrono::steady_clock::duration time);
        template <const auto& bounds>
        Family& add(Labels labels, const Histogram<bounds>& times) {
            return add(labels, times.bounds(), times.counts(), times.sum());
        }

        const std::string& name() const { return name_; }
        const std::string& help() const { return help_; }
        Kind kind() const { return kind_; }
        const std::vector<Sample>& samples() const { return samples_; }

    private:
        Family& add(Labels labels, std::span<const std::chrono::microseconds> bounds,
                    std::span<const std::uint64_t> counts, std::chrono::steady_clock::duration sum);

        std::string name_;
        std::string help_;
        Kind kind_;
        std::vector<Sample> samples_;
    };

    /// The name ends in `_total`. Families stay where they are as long as this lives.
    Family& counter(std::string_view name, std::string_view help);
    Family& gauge(std::string_view name, std::string_view help);
    /// The name ends in `_seconds`.
    Family& histogram(std::string_view name, std::string_view help);

    /// Prometheus text format, version 0.0.4.
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
    std::string text() const;

private:
    Family& family(std::string_view name, std::string_view help, Kind kind);

    std::deque<Family> families_;
};

}  // namespace sallyport::daemon
