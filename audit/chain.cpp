#include "audit/chain.hpp"

#include "audit/hex_text.hpp"

namespace sallyport::audit {

void Chain::write_head(Line& line, Instant now, std::string_view event) {
    const auto previous = hex_text(last_);
    line.number("seq", next_);
    line.plain("prev", {previous.data(), previous.size()});
    line.plain("time", time_.at(now.wall));
    line.plain("boot", boot_);
    line.number("mono", static_cast<std::int64_t>(now.mono.count()));
    line.plain("event", event);
    line.plain("cfg", configuration_);
}

}  // namespace sallyport::audit
