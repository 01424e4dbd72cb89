#include "audit/line_head.hpp"

#include "audit/hex_text.hpp"
#include "base/bytes.hpp"

namespace sallyport::audit {

std::optional<LineHead> head_of(std::string_view line) {
    constexpr std::string_view before = "{\"seq\":";
    constexpr std::string_view between = ",\"prev\":\"";
    constexpr auto digest_digits = 2 * sizeof(tlog::Hash);
    if (!line.starts_with(before)) return std::nullopt;
    line.remove_prefix(before.size());
    const auto comma = line.find_first_not_of("0123456789");
    const auto sequence = parse_decimal(line.substr(0, comma));
    if (!sequence || comma == line.npos) return std::nullopt;
    line.remove_prefix(comma);
    if (!line.starts_with(between) || line.size() <= between.size() + digest_digits ||
        line[between.size() + digest_digits] != '"')
        return std::nullopt;
    LineHead head{
        .sequence = *sequence, .prev = line.substr(between.size(), digest_digits), .time = {}};
    constexpr std::string_view before_time = "\",\"time\":\"";
    line.remove_prefix(between.size() + digest_digits);
    if (!line.starts_with(before_time)) return head;
    line.remove_prefix(before_time.size());
    head.time = line.substr(0, line.find('"'));
    return head;
}

bool is_chained_to(const LineHead& head, const tlog::Hash& before) {
    const auto digits = hex_text(before);
    return head.prev == std::string_view(digits.data(), digits.size());
}

}  // namespace sallyport::audit
