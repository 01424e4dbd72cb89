#include "agent/content_check.hpp"
#include "base/error.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <limits>
#include <string>

namespace sallyport::agent {
namespace {

constexpr std::size_t json_depth_max = 64;

/// Whoever parses wants no value, only to know that it is one.
struct Nobody {
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    using Text = boost::json::string_view;
    using Code = boost::json::error_code;
    bool on_document_begin(Code&) { return true; }
    bool on_document_end(Code&) { return true; }
    bool on_object_begin(Code&) { return true; }
    bool on_object_end(std::size_t, Code&) { return true; }
    bool on_array_begin(Code&) { return true; }
    bool on_array_end(std::size_t, Code&) { return true; }
    bool on_key_part(Text, std::size_t, Code&) { return true; }
    bool on_key(Text, std::size_t, Code&) { return true; }
    bool on_string_part(Text, std::size_t, Code&) { return true; }
    bool on_string(Text, std::size_t, Code&) { return true; }
    bool on_number_part(Text, Code&) { return true; }
    bool on_int64(std::int64_t, Text, Code&) { return true; }
    bool on_uint64(std::uint64_t, Text, Code&) { return true; }
    bool on_double(double, Text, Code&) { return true; }
    bool on_bool(bool, Code&) { return true; }
    bool on_null(Code&) { return true; }
    bool on_comment_part(Text, Code&) { return true; }
    bool on_comment(Text, Code&) { return true; }
};

boost::json::parse_options options() {
    boost::json::parse_options strict;
    strict.max_depth = json_depth_max;
    return strict;
}

class JsonCheck final : public ContentCheck {
public:
    Result<void> feed(BytesView bytes) override {
        boost::json::error_code error;
        const auto used = parser_.write_some(true, reinterpret_cast<const char*>(bytes.data()),
                                             bytes.size(), error);
        if (!error && used < bytes.size()) error = boost::json::error::extra_data;
        passed_ += used;
        return verdict(error);
    }
    Result<void> finish() override {
        boost::json::error_code error;
        parser_.write_some(false, nullptr, 0, error);
        return verdict(error);
    }

private:
    Result<void> verdict(const boost::json::error_code& error) const {
        if (!error) return {};
        return Error{Errc::malformed, "no well-formed JSON at byte " + std::to_string(passed_) +
                                          " (" + error.message() + ")"};
    }

    boost::json::basic_parser<Nobody> parser_{options()};
    std::uint64_t passed_ = 0;
};

}  // namespace

std::unique_ptr<ContentCheck> make_json_check() { return std::make_unique<JsonCheck>(); }

}  // namespace sallyport::agent
