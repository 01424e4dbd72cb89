#include "certs/strict_json.hpp"

#include "base/error.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace sallyport::certs {
namespace {

namespace json = boost::json;
using ErrorCode = boost::system::error_code;

/// Receives what Boost's parser reads, builds the value, and watches the names of the members of
/// every object that is still open. The names of the functions are the parser's.
class Builder {
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    explicit Builder(json::storage_ptr storage) { stack_.reset(std::move(storage)); }
    json::value release() { return stack_.release(); }
    bool found_duplicate() const { return found_duplicate_; }

    bool on_document_begin(ErrorCode&) { return true; }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_object_begin(ErrorCode&) {
        open_.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t members, ErrorCode&) {
        open_.pop_back();
        stack_.push_object(members);
        return true;
    }
    bool on_array_begin(ErrorCode&) { return true; }
    bool on_array_end(std::size_t elements, ErrorCode&) {
        stack_.push_array(elements);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, ErrorCode&) {
        name_.append(part);
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, ErrorCode& error) {
        name_.append(part);
        found_duplicate_ = !open_.back().insert(std::exchange(name_, {})).second;
        if (found_duplicate_) {
            error = Errc::malformed;
            return false;
        }
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, ErrorCode&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, ErrorCode&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view, ErrorCode&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, ErrorCode&) {
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, ErrorCode&) {
        stack_.push_uint64(number);
        return true;
    }
    bool on_double(double number, json::string_view, ErrorCode&) {
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool value, ErrorCode&) {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(ErrorCode&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, ErrorCode&) { return true; }
    bool on_comment(json::string_view, ErrorCode&) { return true; }

private:
    json::value_stack stack_;
    std::vector<std::set<std::string>> open_;
    std::string name_;  // of the member being read
    bool found_duplicate_ = false;
};

}  // namespace

Result<json::value> parse_strict_json(std::string_view text, const JsonLimits& limits,
                                      json::storage_ptr storage) {
    if (text.size() > limits.bytes_max)
        return Error{Errc::limit,
                     "JSON above " + std::to_string(limits.bytes_max) + " bytes is not read"};
    json::parse_options options;
    options.max_depth = limits.depth_max;
    json::basic_parser<Builder> parser(options, std::move(storage));
    ErrorCode error;
    const auto read = parser.write_some(false, text.data(), text.size(), error);
    if (parser.handler().found_duplicate())
        return Error{Errc::malformed, "JSON with two members of the same name"};
    if (error == json::error::too_deep)
        return Error{Errc::limit, "JSON nested deeper than " + std::to_string(limits.depth_max)};
    if (error) return Error{Errc::malformed, "not JSON: " + error.message()};
    if (read != text.size()) return Error{Errc::malformed, "something follows the JSON value"};
    return parser.handler().release();
}

Result<json::object> parse_strict_object(std::string_view text, const JsonLimits& limits,
                                         json::storage_ptr storage) {
    auto value = parse_strict_json(text, limits, std::move(storage));
    if (!value) return value.error();
    if (!value->is_object()) return Error{Errc::malformed, "a JSON object is expected"};
    return std::move(value->get_object());
}

std::size_t bytes_of(const json::object& object) {
    // Per place a pair and, in larger objects, an index of two numbers.
    constexpr std::size_t place = sizeof(json::key_value_pair) + 2 * sizeof(std::uint32_t);
    auto bytes = sizeof(json::value) + object.capacity() * place;
    for (const auto& member : object) bytes += member.key().size() + 1 + bytes_of(member.value());
    return bytes;
}

// The depth of what is read here is limited.
std::size_t bytes_of(const json::value& value) {  // NOLINT(misc-no-recursion)
    if (value.is_string()) return sizeof(json::value) + value.get_string().capacity();
    if (value.is_object()) return bytes_of(value.get_object());
    if (!value.is_array()) return sizeof(json::value);
    const auto& array = value.get_array();
    auto bytes = sizeof(json::value) + array.capacity() * sizeof(json::value);
    for (const auto& element : array) bytes += bytes_of(element);
    return bytes;
}

}  // namespace sallyport::certs
