#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// A record as it was read.
struct Record {
    Sequence sequence = 0;
    std::string prev;  // 64 hexadecimal digits
    WallTime time{};
    std::string boot;
    std::chrono::nanoseconds mono{};
    std::string event;
    std::string configuration;
    boost::json::object fields;  // what the event has to say, in its order

    /// The field as it stands in the record, see unmark(); empty if it is not there or no text.
    std::string_view text(std::string_view key) const;
    /// nullopt if it is not there or no whole number >= 0.
    std::optional<std::uint64_t> number(std::string_view key) const;
};

/// Reads one line, with or without its newline. The seven keys of every record must stand first and
/// in their order. Errors: Errc::malformed, Errc::limit.
Result<Record> parse_record(std::string_view line);

/// Turns the marks for bytes that are not UTF-8 (U+FFFD and two hexadecimal digits) back into those
/// bytes.
std::string unmark(std::string_view text);

}  // namespace sallyport::audit
