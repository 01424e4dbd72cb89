#include "base/log.hpp"

#include "base/journal_field.hpp"
#include "base/log_line.hpp"
#include "base/log_output.hpp"
#include "base/log_text.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <memory>

namespace sallyport::log {
namespace {

constexpr std::size_t queue_lines_max = 8192;

/// What the writer does with each line; it knows how many were pushed out before it.
class WriterSink final : public spdlog::sinks::sink {
public:
    WriterSink(Output& output, spdlog::details::thread_pool& lines)
        : output_(output), lines_(lines) {}
    void log(const spdlog::details::log_msg& message) override {
        const auto overrun = lines_.overrun_counter();
        if (overrun > told_) output_.tell_dropped(overrun - told_, message.time);
        told_ = overrun;
        const std::string_view content(message.payload.data(), message.payload.size());
        output_.write(level_of(message.level), message.time, content);
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    static Level level_of(spdlog::level::level_enum level) {
        switch (level) {
            case spdlog::level::err:
                return Level::error;
            case spdlog::level::warn:
                return Level::warn;
            case spdlog::level::info:
                return Level::info;
            default:
                return Level::debug;
        }
    }

    Output& output_;
    spdlog::details::thread_pool& lines_;  // whose thread this runs on
    std::size_t told_ = 0;
};

std::atomic<Level> threshold{Level::off};
std::atomic<bool> writes_json{false};
std::atomic<bool> writes_fields{false};
std::unique_ptr<Output> output;
std::shared_ptr<spdlog::details::thread_pool> pool;
std::shared_ptr<spdlog::async_logger> logger;

spdlog::level::level_enum to_spdlog(Level level) {
    constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                spdlog::level::err, spdlog::level::off};
    return levels[static_cast<std::size_t>(level)];
}

}  // namespace

std::string_view to_text(Level level) {
    constexpr std::array<std::string_view, 5> names{"debug", "info", "warn", "error", "off"};
    return names[static_cast<std::size_t>(level)];
}

void start(std::string_view program, const Settings& settings) {
    writes_json = settings.format == Format::json && settings.target != Target::journal;
    writes_fields = settings.target == Target::journal;
    output = std::make_unique<Output>(std::string(program), settings);
    pool = std::make_shared<spdlog::details::thread_pool>(queue_lines_max, 1, [] {
        sigset_t all;  // a reader that went away ends its lines, not the program
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    });
    auto sink = std::make_shared<WriterSink>(*output, *pool);
    // A full queue drops the oldest line instead of stopping the tunnel; the next one tells.
    logger = std::make_shared<spdlog::async_logger>(std::string(program), std::move(sink), pool,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::debug);
    threshold = settings.level;
}

void stop() {
    threshold = Level::off;
    if (output) output->stop_by(std::chrono::steady_clock::now() + Output::stop_time);
    logger.reset();
    pool.reset();  // joins the writer after the queue is empty
    output.reset();
}

void set_level(Level level) { threshold = level; }

Level level() { return threshold.load(std::memory_order_relaxed); }

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

std::uint64_t dropped() { return pool ? pool->overrun_counter() + output->lost() : 0; }

void write(Level level, std::string_view event, std::initializer_list<Value> values) {
    if (!enabled(level) || !logger) return;
    Line line;
    line.begin(level, event);
    for (const auto& value : values) {
        if (value.is_literal())
            line.add_literal(value.key(), value.text());
        else
            line.add(value.key(), value.text());
    }
    line.write();
}

void Line::begin(Level level, std::string_view event) {
    level_ = level;
    text_.clear();
    fields_.clear();
    if (writes_json) {
        text_ = "\"event\":";
        append_json(text_, event);
        return;
    }
    text_ = event;
    if (writes_fields) append_journal_field(fields_, "SALLYPORT_EVENT", event);
}

void Line::add(std::string_view key, std::string_view value) {
    constexpr std::string_view cut = "...";
    std::string shortened;
    if (value.size() > value_bytes_max) {
        shortened = value.substr(0, value_bytes_max - cut.size());
        shortened += cut;
        value = shortened;
    }
    if (writes_fields) append_journal_field(fields_, journal_field_name(key), value);
    if (writes_json) {
        text_ += ",\"";
        text_ += key;
        text_ += "\":";
        return append_json(text_, value);
    }
    text_ += ' ';
    text_ += key;
    text_ += '=';
    append_text(text_, value);
}

void Line::add(std::string_view key, std::uint64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    add_literal(key, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void Line::add_literal(std::string_view key, std::string_view value) {
    if (!writes_json) return add(key, value);
    text_ += ",\"";
    text_ += key;
    text_ += "\":";
    text_ += value;
}

void Line::write() {
    if (!enabled(level_) || !logger) return;
    if (writes_fields) append_journal_field(fields_, "MESSAGE", text_);
    const auto& content = writes_fields ? fields_ : text_;
    logger->log(to_spdlog(level_), spdlog::string_view_t(content.data(), content.size()));
}

}  // namespace sallyport::log
