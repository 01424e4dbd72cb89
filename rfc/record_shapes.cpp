#include "rfc/record_shapes.hpp"

#include <algorithm>
#include <array>

namespace sallyport::rfc {

namespace {

/// What stands in the first four bytes of the operation's parameters; all others are zero.
enum class FirstParameter : std::uint8_t { zero, length_of_data, bytes_wanted };

struct Shape {
    std::uint8_t info;
    std::uint8_t vector;
    std::uint8_t info3_allowed;
    FirstParameter first;
};

constexpr std::array<Shape, 7> shapes = {{
    {0x05, 0x0c, info3_flag::async_rfc, FirstParameter::zero},            // last_part
    {0x01, 0x08, info3_flag::async_rfc, FirstParameter::zero},            // part
    {0x00, 0x00, info3_flag::async_rfc, FirstParameter::length_of_data},  // async_send
    {0x01, 0x00, info3_flag::async_rfc, FirstParameter::length_of_data},  // barrier
    {0x01, 0x00, info3_flag::async_rfc, FirstParameter::bytes_wanted},    // end
    {0x00, 0x00, info3_flag::cancel, FirstParameter::zero},               // cancel
    {0x00, 0x00, 0x00, FirstParameter::zero},                             // deallocate
}};
static_assert(shapes.size() == static_cast<std::size_t>(RecordShape::deallocate) + 1);

bool has_parameters_of(BytesView record, FirstParameter first) {
    const auto parameters =
        record.subspan(appc_at::parameters, appc_at::comm - appc_at::parameters);
    if (first == FirstParameter::zero) return is_zero(parameters);
    if (!is_zero(parameters.subspan(sizeof(std::uint32_t)))) return false;
    if (first == FirstParameter::length_of_data) return true;  // which its reader demands
    const auto wanted = read_u32(parameters, 0);
    return wanted == record_size || wanted == older_record_size;
}

}  // namespace

const char* misshape_of(BytesView record, RecordShape shape) {
    const AppcHeader header(record);
    const auto& expected = shapes.at(static_cast<std::size_t>(shape));
    if (header.error_bytes() != 0) return "a record announces an error text before its data";
    if (header.info() != expected.info || header.vector() != expected.vector ||
        header.info2() != 0 || (header.info3() & ~expected.info3_allowed) != 0)
        return "a record has flags that recorded ones of its kind do not have";
    if (!has_parameters_of(record, expected.first))
        return "a record has parameters that recorded ones of its kind do not have";
    const bool has_no_items = shape == RecordShape::cancel || shape == RecordShape::deallocate;
    if (has_no_items && header.parameter_bytes() != 0)
        return "a record without parameters announces some";
    return nullptr;
}

const char* misshape_of_set_up(const AppcHeader& header) {
    constexpr std::uint8_t recorded = 0x05;  // 05 INITIALIZE, 04 SET_PARTNER_LU_NAME, 01 ALLOCATE
    if (header.error_bytes() != 0) return "a record announces an error text before its data";
    if ((header.info() & ~recorded) != 0 || header.vector() != 0)
        return "a record has flags that recorded ones of its kind do not have";
    return nullptr;
}

}  // namespace sallyport::rfc
