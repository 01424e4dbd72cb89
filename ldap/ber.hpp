#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>

/// As much of the Basic Encoding Rules (X.690) as LDAP uses (RFC 4511 section 5.1): definite
/// lengths only.
namespace sallyport::ldap {

namespace tag {
inline constexpr std::uint8_t integer = 0x02, octets = 0x04, enumerated = 0x0a, sequence = 0x30;
/// Inside messages (RFC 4511 section 4.1.1, 4.2, 4.12).
inline constexpr std::uint8_t controls = 0xa0, simple = 0x80, sasl = 0xa3, oid = 0x80,
                              oid_value = 0x81;
}  // namespace tag

/// Tag and length at their longest: one byte, 0x84 and four bytes.
inline constexpr std::size_t element_head_bytes_max = 6;

struct Element {
    std::uint8_t tag = 0;
    std::size_t begin = 0;  // of the content
    std::size_t end = 0;    // behind it
    std::size_t bytes() const { return end - begin; }
};

/// Reads elements one after the other at the start of something whose end may not have been seen
/// yet. The first thing that is missing or wrong stays: what is read behind it means nothing.
class BerReader {
public:
    enum class State : std::uint8_t { good, needs_more, unreadable };

    /// `seen` begins with the first element; nothing may reach behind `end`, which may be more than
    /// has been seen.
    BerReader(BytesView seen, std::size_t end) : seen_(seen), end_(end) {}

    State state() const { return state_; }
    bool good() const { return state_ == State::good; }
    /// needs_more: how many bytes must have been seen to go on.
    std::size_t wanted() const { return wanted_; }
    const char* reason() const { return reason_; }

    /// The tag that comes next, without taking it; 0 if nothing does.
    std::uint8_t peek();
    /// Tag and length; the content comes next.
    Element enter();
    Element enter(std::uint8_t wanted_tag, const char* otherwise);
    /// Goes behind the element's content, which need not have been seen.
    void skip(const Element& element) { at_ = element.end; }
    /// The content, which must be seen as a whole.
    BytesView content(const Element& element, std::size_t bytes_max, const char* otherwise);
    /// A whole number of 0 to 2^31-1 (RFC 4511 maxInt).
    std::uint32_t number(std::uint8_t wanted_tag, const char* otherwise);
    /// From here on nothing may reach behind this element.
    void limit_to(const Element& element) { end_ = element.end; }
    void fail(const char* reason);

private:
    bool want(std::size_t bytes);

    BytesView seen_;
    std::size_t end_;
    std::size_t at_ = 0;
    std::size_t wanted_ = 0;
    const char* reason_ = "";
    State state_ = State::good;
};

/// Appends the head of an element of up to 65535 bytes of content.
void append_head(Bytes& out, std::uint8_t element_tag, std::size_t content_bytes);
void append_element(Bytes& out, std::uint8_t element_tag, BytesView content);
/// 0 to 2^31-1, in as few bytes as possible.
void append_number(Bytes& out, std::uint8_t element_tag, std::uint32_t value);

}  // namespace sallyport::ldap
