// Limits, clocks and addresses.
#include "daemon/machine.hpp"

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "net/connect.hpp"

#include <array>
#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>

namespace sallyport::daemon {
namespace {

constexpr std::chrono::seconds skew_tolerated{60};
constexpr std::chrono::seconds skew_harmful{300};  // certificates are back-dated by so much
constexpr std::size_t proc_file_bytes = 1024 * 1024;

std::string time_text(std::chrono::seconds time) {
    const auto size = std::chrono::abs(time);
    if (size < std::chrono::minutes(2)) return std::to_string(size.count()) + " s";
    if (size < std::chrono::hours(2)) return std::to_string(size.count() / 60) + " minutes";
    if (size < std::chrono::days(2)) return std::to_string(size.count() / 3600) + " hours";
    return std::to_string(size.count() / 86400) + " days";
}

/// The soft limit in a line "Max open files   65536   65536   files" of /proc/PID/limits.
std::optional<std::uint64_t> soft_limit(std::string_view limits) {
    constexpr std::string_view name = "Max open files";
    const auto at = limits.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    auto rest = limits.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto limit = parse_decimal(rest.substr(0, rest.find(' ')));
    return limit ? std::optional(*limit) : std::nullopt;
}

}  // namespace

Judgement judge_descriptors(const DescriptorFacts& facts) {
    const auto whose = facts.of_daemon ? std::string("the daemon") : std::string("this shell");
    const auto seen = whose + " may open " + std::to_string(facts.limit) + ", " +
                      std::to_string(facts.needed) + " are needed if everything configured is used";
    if (facts.limit >= facts.needed) return Judgement::good(seen);
    if (!facts.of_daemon)
        return Judgement::good(seen + "; the service has a limit of its own (LimitNOFILE)");
    return Judgement::warning(seen, "Raise it: systemctl edit " + facts.unit +
                                        ", [Service] LimitNOFILE=" +
                                        std::to_string(facts.needed * 2) + ", then restart it.");
}

std::optional<std::uint64_t> descriptor_limit_of_daemon(const std::filesystem::path& admin_socket) {
    const auto wire = net::connect_unix(admin_socket);
    if (!wire) return std::nullopt;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt((*wire)->native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    const auto text = read_file("/proc/" + std::to_string(peer.pid) + "/limits", proc_file_bytes);
    if (!text) return std::nullopt;
    return soft_limit(*text);
}

std::uint64_t descriptor_limit_here() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

Judgement judge_skew(std::chrono::seconds skew, std::string_view whose) {
    const auto size = std::chrono::abs(skew);
    if (size <= skew_tolerated)
        return Judgement::good("within " + std::to_string(skew_tolerated.count()) + " s of " +
                               std::string(whose));
    const auto seen = "this machine's clock is " + time_text(skew) +
                      (skew < std::chrono::seconds(0) ? " behind " : " ahead of ") +
                      std::string(whose);
    const std::string remedy =
        "Set it right and keep it so: timedatectl set-ntp true, with a time server that this "
        "machine reaches.";
    return size <= skew_harmful ? Judgement::warning(seen, remedy)
                                : Judgement::failed(seen, remedy);
}

std::optional<bool> is_clock_synchronised() {
    timex state{};
    const int said = ::adjtimex(&state);
    if (said < 0) return std::nullopt;
    return said != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

Judgement judge_synchronised(std::optional<bool> synchronised) {
    if (!synchronised) return Judgement::skipped("the kernel does not say");
    if (*synchronised) return Judgement::good("the kernel's clock is kept right (NTP)");
    return Judgement::warning("nobody keeps this machine's clock right",
                              "timedatectl set-ntp true, with a time server that this machine "
                              "reaches; in a container or guest its host may do that instead.");
}

Judgement judge_time_zone() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    std::array<char, 64> text{};
    ::localtime_r(&now, &local);
    const auto size = std::strftime(text.data(), text.size(), "%Z, %z", &local);
    return Judgement::good("this machine tells the time in " + std::string(text.data(), size) +
                           "; log, audit log and commands in UTC");
}

Ipv6Facts look_at_ipv6() {
    // Address, index, prefix length, scope, flags, device (proc(5)). Scope 00 is global.
    std::ifstream addresses("/proc/net/if_inet6");
    Ipv6Facts facts{.kernel = addresses.is_open()};
    std::string address;
    std::string index;
    std::string prefix;
    std::string scope;
    std::string rest;
    while (addresses >> address >> index >> prefix >> scope && std::getline(addresses, rest))
        facts.global = facts.global || scope == "00";
    return facts;
}

Judgement judge_ipv6(const Ipv6Facts& facts) {
    if (facts.global) return Judgement::good("there is an address beyond this link");
    return Judgement::good(facts.kernel
                               ? "no address beyond this link: servers are reached by IPv4 only"
                               : "the kernel has none: servers are reached by IPv4 only");
}

}  // namespace sallyport::daemon
