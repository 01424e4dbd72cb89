#include "base/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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
    for (const auto& value : values) {
        line += ' ';
        line += value.key();
        line += '=';
        line += quoted(value.text());
    }
    logger->log(to_spdlog(level), spdlog::string_view_t(line));
}

std::string quoted(std::string_view value) {
    const auto plain = [](unsigned char c) {
        return c > ' ' && c != '"' && c != '\\' && c != 0x7f;
    };
    bool is_plain = !value.empty();
    for (const char c : value) is_plain = is_plain && plain(static_cast<unsigned char>(c));
    if (is_plain) return std::string(value);

    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
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
    return out + '"';
}

}  // namespace sallyport::log
