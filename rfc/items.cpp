#include "rfc/items.hpp"

#include "rfc/big_endian.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::rfc {

namespace {

constexpr std::uint16_t long_form = 0xffff;
// Below it stand names and header fields, which are short; a long length there is an evasion.
constexpr std::uint16_t first_tag_of_values = 0x0200;

bool may_be_long(std::uint16_t tag) { return tag >= first_tag_of_values && tag != tag::end; }

}  // namespace

bool is_known_tag(std::uint16_t tag) {
    static constexpr std::array<std::uint16_t, 93> known = {
        0x0003, 0x0006, 0x0007, 0x0008, 0x0009, 0x000b, 0x000c, 0x000e, 0x0011, 0x0012, 0x0013,
        0x0016, 0x0018, 0x0020, 0x0021, 0x0101, 0x0102, 0x0103, 0x0104, 0x0105, 0x0106, 0x0111,
        0x0114, 0x0115, 0x0117, 0x0119, 0x0120, 0x0122, 0x0125, 0x0126, 0x0127, 0x0130, 0x0131,
        0x0134, 0x0136, 0x0150, 0x0151, 0x0152, 0x0161, 0x0201, 0x0203, 0x0205, 0x0301, 0x0302,
        0x0303, 0x0304, 0x0305, 0x0306, 0x0330, 0x0331, 0x0333, 0x0334, 0x0335, 0x0336, 0x0337,
        0x0401, 0x0402, 0x0403, 0x0404, 0x0411, 0x0412, 0x0413, 0x0414, 0x0415, 0x0416, 0x0417,
        0x0418, 0x0420, 0x0421, 0x0422, 0x0423, 0x0424, 0x0450, 0x0451, 0x0452, 0x0453, 0x0500,
        0x0501, 0x0502, 0x0503, 0x0512, 0x0514, 0x0667, 0x0670, 0x3c02, 0x3c05, 0x4000, 0x4001,
        0x4002, 0x4004, 0x5001, 0x5002, 0xffff};
    static_assert(std::ranges::is_sorted(known));
    return std::ranges::binary_search(known, tag);
}

bool ItemReader::next(BytesView& bytes) {
    while (!bytes.empty() && defect_ == Defect::none) {
        if (phase_ == Phase::ended) return fail(Defect::after_the_end);
        if (phase_ == Phase::head && gathered_ == 0 && take_whole_item(bytes)) return true;
        if (defect_ != Defect::none) return false;
        if (take_part(bytes)) return true;
    }
    return false;
}

/// The common case: a short item that lies in one piece.
bool ItemReader::take_whole_item(BytesView& bytes) {
    constexpr std::size_t head = 4;
    constexpr std::size_t closing = 2;
    if (bytes.size() < head + closing) return false;
    const auto tag = read_u16(bytes, 0);
    const auto size = read_u16(bytes, 2);
    if (size == long_form || bytes.size() < head + size + closing) return false;
    item_ = {tag, size, {}};
    item_.value = bytes.subspan(head, std::min<std::size_t>(size, kept_of_value()));
    if (!close(read_u16(bytes, head + size))) return false;
    bytes = bytes.subspan(head + size + closing);
    return true;
}

/// One step through an item that is cut, or long. True when that completes it.
bool ItemReader::take_part(BytesView& bytes) {
    switch (phase_) {
        case Phase::head:
            if (!gather(bytes, 4)) return false;
            item_ = {read_u16(fixed_, 0), 0, {}};
            if (read_u16(fixed_, 2) != long_form) {
                begin_value(read_u16(fixed_, 2));
                return false;
            }
            if (!may_be_long(item_.tag)) return fail(Defect::length_form);
            phase_ = Phase::long_length;
            return false;
        case Phase::long_length:
            if (!gather(bytes, 4)) return false;
            if (read_u32(fixed_, 0) > message_bytes_max) return fail(Defect::too_long);
            begin_value(read_u32(fixed_, 0));
            return false;
        case Phase::value:
            take_value(bytes);
            return false;
        case Phase::closing_tag:
            if (!gather(bytes, 2)) return false;
            item_.value = BytesView(value_).first(kept_);
            phase_ = Phase::head;
            return close(read_u16(fixed_, 0));
        case Phase::ended:
            break;
    }
    return false;
}

bool ItemReader::gather(BytesView& bytes, std::size_t wanted) {
    while (gathered_ < wanted && !bytes.empty()) {
        fixed_[gathered_++] = bytes.front();
        bytes = bytes.subspan(1);
    }
    if (gathered_ < wanted) return false;
    gathered_ = 0;
    return true;
}

void ItemReader::begin_value(std::uint32_t size) {
    item_.size = size;
    left_ = size;
    kept_ = 0;
    phase_ = size == 0 ? Phase::closing_tag : Phase::value;
}

void ItemReader::take_value(BytesView& bytes) {
    const auto part = bytes.first(std::min<std::size_t>(left_, bytes.size()));
    const auto keep = std::min(part.size(), kept_of_value() - kept_);
    if (keep > 0) std::memcpy(value_.data() + kept_, part.data(), keep);
    kept_ = static_cast<std::uint8_t>(kept_ + keep);
    left_ -= static_cast<std::uint32_t>(part.size());
    bytes = bytes.subspan(part.size());
    if (left_ == 0) phase_ = Phase::closing_tag;
}

std::size_t ItemReader::kept_of_value() const {
    return item_.tag == tag::password || item_.tag == tag::ticket ? 0 : kept_bytes;
}

bool ItemReader::close(std::uint16_t closing_tag) {
    if (closing_tag != item_.tag) return fail(Defect::closing_tag);
    if (++items_ > items_max) return fail(Defect::too_many);
    if (item_.tag != tag::end) return true;
    if (item_.size != 0) return fail(Defect::end_with_value);
    phase_ = Phase::ended;
    return true;
}

bool ItemReader::fail(Defect defect) {
    defect_ = defect;
    return false;
}

}  // namespace sallyport::rfc
