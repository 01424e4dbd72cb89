#include "tunnel/response_fields.hpp"

#include "tunnel/reserved_fields.hpp"
#include "tunnel/stream_fields.hpp"

#include <charconv>

namespace sallyport::tunnel {

ResponseFields::ResponseFields(const http::ResponseHead& head, std::string_view upgrade) {
    const bool upgraded = head.status == 101 && !upgrade.empty();
    const int status = upgraded ? 200 : head.status;
    status_ = {static_cast<char>('0' + status / 100 % 10),
               static_cast<char>('0' + status / 10 % 10), static_cast<char>('0' + status % 10)};
    fields_.push_back({":status", {status_.data(), status_.size()}});
    for (const auto& field : head.fields)
        if (may_travel(field.name)) fields_.push_back(field);
    if (upgraded) fields_.push_back({reserved::upgraded, upgrade});
    if (!upgraded && !head.reason.empty() && head.reason != http::usual_reason(head.status))
        fields_.push_back({reserved::reason, head.reason});
    if (head.body.kind == http::BodySize::Kind::exact && status >= 200) {
        const auto end =
            std::to_chars(length_.data(), length_.data() + length_.size(), head.body.bytes).ptr;
        fields_.push_back(
            {"content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())}});
    }
}

}  // namespace sallyport::tunnel
