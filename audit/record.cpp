#include "audit/record.hpp"

#include "audit/line.hpp"
#include "base/error.hpp"
#include "tlog/tree.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>

namespace sallyport::audit {
namespace {

constexpr std::array<std::string_view, 7> head_keys = {"seq",  "prev",  "time", "boot",
                                                       "mono", "event", "cfg"};
constexpr Sequence sequence_max = Sequence{1} << 62;  // so that counting on cannot overflow
constexpr std::size_t depth_max = 2;                  // `cut` is the only object inside a record

Error malformed(std::string detail) { return {Errc::malformed, std::move(detail)}; }

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<boost::json::object> parse_object(std::string_view line) {
    boost::json::parse_options options;
    options.max_depth = depth_max;
    boost::system::error_code failure;
    auto value = boost::json::parse(line, failure, {}, options);
    if (failure) return malformed("not a JSON object: " + failure.message());
    if (!value.is_object()) return malformed("not a JSON object");
    return std::move(value.get_object());
}

/// The seven keys of every record, checked to stand first, in order, and to be of their type.
std::optional<std::string> wrong_head(const boost::json::object& object) {
    if (object.size() < head_keys.size()) return "a key that every record has is missing";
    for (std::size_t i = 0; i < head_keys.size(); ++i) {
        const auto& [key, value] = object.begin()[i];
        if (std::string_view(key) != head_keys[i])
            return "key " + std::to_string(i + 1) + " is not \"" + std::string(head_keys[i]) + "\"";
        const bool is_number = key == "seq" || key == "mono";
        if (is_number ? !value.is_number() : !value.is_string())
            return "\"" + std::string(head_keys[i]) + "\" has the wrong type";
    }
    return std::nullopt;
}

std::optional<std::uint64_t> natural(const boost::json::value& value) {
    if (const auto* number = value.if_uint64()) return *number;
    if (const auto* number = value.if_int64(); number && *number >= 0)
        return static_cast<std::uint64_t>(*number);
    return std::nullopt;
}

std::string_view head_text(const boost::json::object& object, std::size_t i) {
    const auto& text = object.begin()[i].value().get_string();
    return {text.data(), text.size()};
}

}  // namespace

std::string_view Record::text(std::string_view key) const {
    const auto* value = fields.if_contains(key);
    if (!value || !value->is_string()) return {};
    return {value->get_string().data(), value->get_string().size()};
}

std::optional<std::uint64_t> Record::number(std::string_view key) const {
    const auto* value = fields.if_contains(key);
    return value ? natural(*value) : std::nullopt;
}

Result<Record> parse_record(std::string_view line) {
    if (line.size() > record_bytes_max)
        return Error{Errc::limit, "longer than " + std::to_string(record_bytes_max) + " bytes"};
    if (line.ends_with('\n')) line.remove_suffix(1);
    auto object = parse_object(line);
    if (!object) return object.error();
    if (auto wrong = wrong_head(*object)) return malformed(std::move(*wrong));

    const auto sequence = natural(object->begin()[0].value());
    if (!sequence || *sequence > sequence_max) return malformed("\"seq\" is not a sequence");
    const auto mono = natural(object->begin()[4].value());
    constexpr auto mono_max = std::uint64_t(std::chrono::nanoseconds::max().count());
    if (!mono || *mono > mono_max) return malformed("\"mono\" is not a number of nanoseconds");
    const auto prev = head_text(*object, 1);
    if (prev.size() != 2 * sizeof(tlog::Hash) || !is_hex(prev))
        return malformed("\"prev\" is not a SHA-256 digest");
    const auto time = parse_rfc3339(head_text(*object, 2));
    if (!time) return malformed("\"time\": " + time.error().detail);

    Record record{.sequence = *sequence,
                  .prev = std::string(prev),
                  .time = *time,
                  .boot = std::string(head_text(*object, 3)),
                  .mono = std::chrono::nanoseconds(static_cast<std::int64_t>(*mono)),
                  .event = std::string(head_text(*object, 5)),
                  .configuration = std::string(head_text(*object, 6)),
                  .fields = {}};
    for (auto* field = object->begin() + head_keys.size(); field != object->end(); ++field)
        record.fields.emplace(field->key(), std::move(field->value()));
    return record;
}

std::string unmark(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBF\xBD";
    std::string plain;
    while (true) {
        const auto found = text.find(mark);
        plain.append(text.substr(0, found));
        if (found == std::string_view::npos) return plain;
        text.remove_prefix(found + mark.size());
        const auto byte = from_hex(text.substr(0, 2));
        if (text.size() < 2 || !byte) {  // not ours
            plain.append(mark);
            continue;
        }
        plain.append(as_text(*byte));
        text.remove_prefix(2);
    }
}

}  // namespace sallyport::audit
