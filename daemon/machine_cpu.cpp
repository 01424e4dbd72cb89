#include "daemon/machine_cpu.hpp"

#include "base/bytes.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sallyport::daemon {
namespace {

constexpr std::uint64_t ticks_between_questions = 100;  // USER_HZ: a second of one processor

/// The first of the fields in `line`, parted by blanks; 0 for what is no number.
template <std::size_t Count>
std::array<std::uint64_t, Count> numbers_in(std::string_view line) {
    std::array<std::uint64_t, Count> all{};
    for (auto& one : all) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        const auto field = line.substr(0, line.find(' '));
        const auto number = parse_decimal(field);
        one = number ? *number : 0;
        line.remove_prefix(field.size());
    }
    return all;
}

int percent(std::uint64_t part, std::uint64_t whole) {
    constexpr std::uint64_t hundred = 100;
    if (whole == 0) return 0;
    return static_cast<int>(std::min((part * hundred + whole / 2) / whole, hundred));
}

/// A counter of the kernel may go back a little (proc(5), iowait).
std::uint64_t grown(std::uint64_t before, std::uint64_t now) { return now - std::min(before, now); }

}  // namespace

CpuTicks CpuTicks::parse(std::string_view machine, std::string_view process) {
    CpuTicks ticks;
    constexpr std::string_view all_processors = "cpu ";
    if (machine.starts_with(all_processors)) {
        // user nice system idle iowait irq softirq steal; what guests take stands in user.
        constexpr std::size_t idle = 3;
        constexpr std::size_t iowait = 4;
        const auto line = machine.substr(0, machine.find('\n')).substr(all_processors.size());
        const auto states = numbers_in<8>(line);
        for (std::size_t i = 0; i < states.size(); ++i) {
            ticks.total += states[i];
            if (i != idle && i != iowait) ticks.busy += states[i];
        }
    }
    // Behind the name in brackets, which may hold anything: state, ten numbers, utime, stime.
    const auto name_end = process.rfind(") ");
    constexpr std::size_t before_utime = 11;
    if (name_end != std::string_view::npos) {
        const auto fields = numbers_in<before_utime + 2>(process.substr(name_end + 1));
        ticks.ours = fields[before_utime] + fields[before_utime + 1];
    }
    return ticks;
}

CpuTicks CpuTicks::read() {
    const auto machine = read_file("/proc/stat");
    const auto process = read_file("/proc/self/stat");
    return parse(machine ? std::string_view(*machine) : "",
                 process ? std::string_view(*process) : "");
}

CpuLoad::Share CpuLoad::at(const CpuTicks& now) {
    if (grown(last_.total, now.total) >= ticks_between_questions) {
        before_ = last_;
        last_ = now;
    }
    const auto total = grown(before_.total, now.total);
    return {.total_percent = percent(grown(before_.busy, now.busy), total),
            .ours_percent = percent(grown(before_.ours, now.ours), total)};
}

}  // namespace sallyport::daemon
