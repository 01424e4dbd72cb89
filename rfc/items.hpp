#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::rfc {

/// Limits of one message; a larger one is refused.
inline constexpr std::uint64_t message_bytes_max = 64 * 1024 * 1024;
inline constexpr std::uint32_t items_max = 1'000'000;

/// Tags that mean something here (docs/RFC.md#items).
namespace tag {
inline constexpr std::uint16_t header = 0x0101, function = 0x0102, protocol_version = 0x0103,
                               capabilities = 0x0106, user = 0x0111, client = 0x0114,
                               password = 0x0117, program = 0x0130, exception_key = 0x0401,
                               exception_text = 0x0402, last_error = 0x0404,
                               exception_number = 0x0417, reply = 0x0500, call = 0x0502,
                               ticket = 0x0670, end = 0xffff;
}

/// Whether a published description knows items of this tag.
bool is_known_tag(std::uint16_t tag);

/// One item. Only the start of a long value is kept.
struct Item {
    std::uint16_t tag = 0;
    std::uint32_t size = 0;  // of the whole value
    BytesView value{};       // all of it, if size <= ItemReader::kept_bytes; until the next call.
                             // Of passwords and tickets nothing
};

/// Reads a chain of items `tag length value tag` that ends with an empty item ffff, wherever it is
/// cut: values are skipped, not gathered, so its memory does not depend on the message.
class ItemReader {
public:
    static constexpr std::size_t kept_bytes = 80;  // of a value

    enum class Defect : std::uint8_t {
        none,
        closing_tag,     // differs from the opening one
        length_form,     // a long length where a short one belongs
        too_long,        // a value that no message has room for
        too_many,        // items
        after_the_end,   // bytes behind the last item
        end_with_value,  // the last item is not empty
    };

    /// Takes bytes off the front of `bytes` until an item is complete. False: all were taken, or
    /// defect() says why not.
    bool next(BytesView& bytes);

    const Item& item() const { return item_; }
    Defect defect() const { return defect_; }
    /// Whether the last item has been read.
    bool ended() const { return phase_ == Phase::ended; }
    void reset() { *this = {}; }

private:
    enum class Phase : std::uint8_t { head, long_length, value, closing_tag, ended };

    bool take_whole_item(BytesView& bytes);
    bool take_part(BytesView& bytes);
    bool gather(BytesView& bytes, std::size_t wanted);
    void begin_value(std::uint32_t size);
    void take_value(BytesView& bytes);
    std::size_t kept_of_value() const;
    bool close(std::uint16_t closing_tag);
    bool fail(Defect defect);

    Item item_{};
    std::uint32_t left_ = 0;   // of the value
    std::uint32_t items_ = 0;  // read so far
    Phase phase_ = Phase::head;
    Defect defect_ = Defect::none;
    std::uint8_t gathered_ = 0;  // bytes in fixed_
    std::uint8_t kept_ = 0;      // bytes in value_
    std::array<std::byte, 4> fixed_{};
    std::array<std::byte, kept_bytes> value_{};
};

}  // namespace sallyport::rfc
