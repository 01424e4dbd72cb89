#include "base/log.hpp"

#include "base/log_line.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace sallyport::log {
namespace {

constexpr std::size_t queue_lines_max = 8192;

std::atomic<Level> threshold{Level::off};
std::shared_ptr<spdlog::details::thread_pool> pool;
std::shared_ptr<spdlog::async_logger> logger;

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            return spdlog::level::off;
    }
    return spdlog::level::off;
}

}  // namespace

void start(std::string_view program, Level level) {
    pool = std::make_shared<spdlog::details::thread_pool>(queue_lines_max, 1);
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    // A full queue drops the oldest line instead of stopping the tunnel; dropped() tells.
    logger = std::make_shared<spdlog::async_logger>(std::string(program), std::move(sink), pool,
                                                    spdlog::async_overflow_policy::overrun_oldest);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l %v");
    logger->set_level(spdlog::level::debug);
    logger->flush_on(spdlog::level::debug);
    threshold = level;
}

void stop() {
    threshold = Level::off;
    logger.reset();
    pool.reset();  // joins the writer after the queue is empty
}

void set_level(Level level) { threshold = level; }

bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }

std::uint64_t dropped() { return pool ? pool->overrun_counter() : 0; }

void write(Level level, std::string_view event, std::initializer_list<Value> values) {
    if (!enabled(level) || !logger) return;
    std::string line(event);
    for (const auto& value : values) append(line, value.key(), value.text());
    write_line(level, line);
}

void write_line(Level level, std::string_view line) {
    if (!enabled(level) || !logger) return;
    logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

namespace {

bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > ' ' && c != '"' && c != '\\' && byte != 0x7f;
    });
}

void append_quoted(std::string& out, std::string_view value) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < ' ' || byte == 0x7f) {
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

}  // namespace

void append(std::string& line, std::string_view key, std::string_view value) {
    line += ' ';
    line += key;
    line += '=';
    if (is_plain(value)) {
        line += value;
        return;
    }
    append_quoted(line, value);
}

std::string quoted(std::string_view value) {
    if (is_plain(value)) return std::string(value);
    std::string out;
    append_quoted(out, value);
    return out;
}

}  // namespace sallyport::log
