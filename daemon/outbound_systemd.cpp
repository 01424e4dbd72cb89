#include "daemon/outbound_systemd.hpp"

#include <algorithm>
#include <set>

namespace sallyport::daemon {
namespace {

/// "::1" of "[::1]", as systemd wants it.
std::string_view without_brackets(std::string_view address) {
    if (address.size() > 1 && address.front() == '[' && address.back() == ']')
        return address.substr(1, address.size() - 2);
    return address;
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1";
}

/// What stands in a comment stays in one line of it.
std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

/// Each address once, wherever it is needed first.
class Allowed {
public:
    void add(const std::string& why, const std::vector<std::string>& addresses) {
        std::string lines;
        for (const auto& each : addresses) {
            const std::string address(without_brackets(each));
            if (is_loopback(address) || !known_.insert(address).second) continue;
            lines.append("IPAddressAllow=").append(address).append("\n");
        }
        if (lines.empty()) return;
        note(why);
        text_ += lines;
    }
    void note(const std::string& text) { text_.append("# ").append(one_line(text)).append("\n"); }
    const std::string& text() const { return text_; }

private:
    std::string text_;
    std::set<std::string> known_;
};

std::string purpose_of(const Outbound& one) {
    return one.purpose + ": " + one.host + "  [" + one.where + "]";
}

}  // namespace

std::vector<std::string> nameservers_in(std::string_view resolv_conf) {
    constexpr std::string_view keyword = "nameserver";
    constexpr std::string_view blank = " \t\r";
    std::vector<std::string> all;
    while (!resolv_conf.empty()) {
        const auto end = std::min(resolv_conf.find('\n'), resolv_conf.size());
        auto line = resolv_conf.substr(0, end);
        resolv_conf.remove_prefix(std::min(end + 1, resolv_conf.size()));
        if (!line.starts_with(keyword)) continue;
        line.remove_prefix(keyword.size());
        const auto begin = line.find_first_not_of(blank);
        if (begin == 0 || begin == line.npos) continue;
        line.remove_prefix(begin);
        // A zone ("fe80::1%eth0") is nothing that systemd could compare.
        all.emplace_back(line.substr(0, line.find_first_of(" \t\r%#;")));
    }
    return all;
}

std::string systemd_drop_in(const std::vector<Outbound>& all,
                            const std::vector<std::string>& nameservers, std::string_view unit) {
    Allowed allowed;
    allowed.add("DNS: /etc/resolv.conf", nameservers);
    for (const auto& one : all) {
        if (one.from != Outbound::this_machine) continue;
        if (one.addresses.empty())
            allowed.note("NOT RESOLVED, so it will not be reached: " + purpose_of(one) + ": " +
                         one.unresolved);
        else
            allowed.add(purpose_of(one), one.addresses);
    }
    const std::string name(unit);
    return "# systemctl edit " + name + ", then systemctl restart " + name +
           "\n# The addresses are those of now: make this anew when one changes, or when the "
           "configuration does.\n# Who connects to " +
           name +
           " from elsewhere (monitors at admin_listen, clients of a [[channel]]) needs a line as "
           "well.\n[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n" +
           allowed.text();
}

}  // namespace sallyport::daemon
