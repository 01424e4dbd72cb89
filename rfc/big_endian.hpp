#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

/// Numbers on this wire are big endian. The caller has checked that they lie inside the span.
namespace sallyport::rfc {

inline std::uint8_t read_u8(BytesView bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}
inline std::uint16_t read_u16(BytesView bytes, std::size_t at) {
    return static_cast<std::uint16_t>((read_u8(bytes, at) << 8) | read_u8(bytes, at + 1));
}
inline std::uint32_t read_u32(BytesView bytes, std::size_t at) {
    return (std::uint32_t{read_u16(bytes, at)} << 16) | read_u16(bytes, at + 2);
}

inline void write_u8(std::span<std::byte> bytes, std::size_t at, std::uint8_t value) {
    bytes[at] = std::byte{value};
}
inline void write_u16(std::span<std::byte> bytes, std::size_t at, std::uint16_t value) {
    write_u8(bytes, at, static_cast<std::uint8_t>(value >> 8));
    write_u8(bytes, at + 1, static_cast<std::uint8_t>(value & 0xff));
}
inline void write_u32(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
    write_u16(bytes, at, static_cast<std::uint16_t>(value >> 16));
    write_u16(bytes, at + 2, static_cast<std::uint16_t>(value & 0xffff));
}

inline void append_bytes(Bytes& out, BytesView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}
inline void append_u8(Bytes& out, std::uint8_t value) { out.push_back(std::byte{value}); }
inline void append_u16(Bytes& out, std::uint16_t value) {
    append_u8(out, static_cast<std::uint8_t>(value >> 8));
    append_u8(out, static_cast<std::uint8_t>(value & 0xff));
}
inline void append_u32(Bytes& out, std::uint32_t value) {
    append_u16(out, static_cast<std::uint16_t>(value >> 16));
    append_u16(out, static_cast<std::uint16_t>(value & 0xffff));
}

}  // namespace sallyport::rfc
