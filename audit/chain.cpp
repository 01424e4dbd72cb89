#include "audit/chain.hpp"

namespace sallyport::audit {

void Chain::write_head(Line& line, Instant now, std::string_view event) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 2 * sizeof(certs::Sha256)> previous;
    for (std::size_t i = 0; i < last_.size(); ++i) {
        const auto byte = std::to_integer<unsigned>(last_[i]);
        previous[2 * i] = digits[byte >> 4];
        previous[2 * i + 1] = digits[byte & 15];
    }
    time_.clear();
    append_rfc3339(time_, now.wall);
    line.number("seq", next_);
    line.plain("prev", {previous.data(), previous.size()});
    line.plain("time", time_);
    line.plain("boot", boot_);
    line.number("mono", static_cast<std::int64_t>(now.mono.count()));
    line.plain("event", event);
    line.plain("cfg", configuration_);
}

}  // namespace sallyport::audit
