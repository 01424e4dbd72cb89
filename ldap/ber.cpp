#include "ldap/ber.hpp"

#include <cassert>

namespace sallyport::ldap {
namespace {

constexpr std::size_t length_bytes_max = 4;
constexpr std::size_t number_bytes_max = 4;

std::uint8_t byte_at(BytesView bytes, std::size_t i) {
    return std::to_integer<std::uint8_t>(bytes[i]);
}

}  // namespace

void BerReader::fail(const char* reason) {
    if (state_ != State::good) return;
    state_ = State::unreadable;
    reason_ = reason;
}

/// Whether so many bytes from here on are there.
bool BerReader::want(std::size_t bytes) {
    if (state_ != State::good) return false;
    if (bytes > end_ - at_) {
        fail("an element reaches behind the one around it");
        return false;
    }
    if (at_ + bytes <= seen_.size()) return true;
    state_ = State::needs_more;
    wanted_ = at_ + bytes;
    return false;
}

std::uint8_t BerReader::peek() { return want(1) ? byte_at(seen_, at_) : std::uint8_t{0}; }

Element BerReader::enter() {
    if (!want(2)) return {};
    const auto element_tag = byte_at(seen_, at_);
    std::size_t length = byte_at(seen_, at_ + 1);
    std::size_t head_bytes = 2;
    if ((element_tag & 0x1f) == 0x1f) {
        fail("a tag of several bytes");
        return {};
    }
    if (length >= 0x80) {
        const auto count = length - 0x80;
        if (count == 0 || count > length_bytes_max) {
            fail(count == 0 ? "an indefinite length" : "a length of more than four bytes");
            return {};
        }
        if (!want(2 + count)) return {};
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8 | byte_at(seen_, at_ + 2 + i);
        head_bytes += count;
    }
    const auto begin = at_ + head_bytes;
    if (length > end_ - begin) {
        fail("an element reaches behind the one around it");
        return {};
    }
    at_ = begin;
    return {.tag = element_tag, .begin = begin, .end = begin + length};
}

Element BerReader::enter(std::uint8_t wanted_tag, const char* otherwise) {
    // The tag alone decides: nobody waits for the length of what is something else.
    if (peek() != wanted_tag) fail(otherwise);
    return enter();
}

BytesView BerReader::content(const Element& element, std::size_t bytes_max, const char* otherwise) {
    if (element.bytes() > bytes_max) fail(otherwise);
    if (!want(element.bytes())) return {};
    skip(element);
    return seen_.subspan(element.begin, element.bytes());
}

std::uint32_t BerReader::number(std::uint8_t wanted_tag, const char* otherwise) {
    const auto element = enter(wanted_tag, otherwise);
    const auto bytes = content(element, number_bytes_max, otherwise);
    if (!good()) return 0;
    if (bytes.empty() || byte_at(bytes, 0) >= 0x80) {
        fail(otherwise);
        return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | byte_at(bytes, i);
    return value;
}

void append_head(Bytes& out, std::uint8_t element_tag, std::size_t content_bytes) {
    assert(content_bytes <= 0xffff);
    out.push_back(std::byte{element_tag});
    if (content_bytes >= 0x100) {
        out.push_back(std::byte{0x82});
        out.push_back(static_cast<std::byte>(content_bytes >> 8));
    } else if (content_bytes >= 0x80) {
        out.push_back(std::byte{0x81});
    }
    out.push_back(static_cast<std::byte>(content_bytes & 0xff));
}

void append_element(Bytes& out, std::uint8_t element_tag, BytesView content) {
    append_head(out, element_tag, content.size());
    out.insert(out.end(), content.begin(), content.end());
}

void append_number(Bytes& out, std::uint8_t element_tag, std::uint32_t value) {
    std::size_t bytes = 1;
    while (bytes < number_bytes_max && value >> (8 * bytes - 1) != 0) ++bytes;
    append_head(out, element_tag, bytes);
    for (auto i = bytes; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
}

}  // namespace sallyport::ldap
