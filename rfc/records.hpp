#pragma once

#include "base/bytes.hpp"
#include "rfc/big_endian.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

/// The records inside NI frames (docs/RFC.md#records): one gateway record in each direction, then
/// APPC records with a header of 80 bytes. Only gateway version 2 and APPC version 6 are read.
namespace sallyport::rfc {

inline bool is_zero(BytesView bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

inline constexpr std::size_t gateway_record_bytes = 64;
inline constexpr std::size_t header_bytes = 80;
inline constexpr std::size_t initialize_bytes = header_bytes + 373;
inline constexpr std::size_t partner_bytes = header_bytes + 144;
inline constexpr std::size_t trailer_bytes = 8;  // behind the items of a client's last record
inline constexpr std::size_t conversation_bytes = 8;
/// What clients say at the end of a message; taken for the size of records that they read.
inline constexpr std::uint32_t record_size = 0x8500;
inline constexpr std::uint32_t older_record_size = 0x6d60;
inline constexpr std::uint8_t gateway_version = 2;
inline constexpr std::uint8_t appc_version = 6;
inline constexpr std::uint8_t normal_client = 3;    // the only type of gateway record offered
inline constexpr std::uint8_t external_client = 2;  // the only protocol of client records offered
inline constexpr std::uint16_t unassigned = 0xffff;

/// Where things stand in the gateway record.
namespace gateway_at {
inline constexpr std::size_t version = 0, type = 1, address = 2, appc_version = 54, accept = 55;
}

/// Where things stand in an APPC record.
namespace appc_at {
inline constexpr std::size_t version = 0, function = 1, protocol = 2, uid = 4, error_bytes = 8,
                             info2 = 10, info3 = 16, timeout = 17, info4 = 21, sequence = 22,
                             parameter_bytes = 26, info = 30, vector = 31, return_code = 32,
                             sap_return_code = 36, conversation = 40, parameters = 48, comm = 76,
                             connection = 78;
// Of INITIALIZE_CONVERSATION.
inline constexpr std::size_t short_host = 56, short_program = 64, conversation_type = 72,
                             address_v6 = 169, long_host = 185, address_v4 = 381,
                             long_program = 389;
// Of SET_PARTNER_LU_NAME.
inline constexpr std::size_t partner_short = 48, partner_length = 56, partner_host = 80,
                             partner_address = 208;
// Of the ALLOCATE reply.
inline constexpr std::size_t code_page = 69;
}  // namespace appc_at

namespace accept_flag {
inline constexpr std::uint8_t snc = 0x04;
}
namespace info_flag {
inline constexpr std::uint8_t with_host_address = 0x02, final_record = 0x04, with_error = 0x10;
}
namespace info3_flag {
inline constexpr std::uint8_t async_rfc = 0x02, cancel = 0x0c;  // hard or soft
}
namespace info2_flag {
inline constexpr std::uint8_t long_host_address = 0x02, snc_active = 0x08, snc_init = 0x20;
}

enum class Function : std::uint8_t {
    initialize = 0x01,
    accept = 0x03,
    allocate = 0x05,
    send_data = 0x07,
    async_send_data = 0x08,
    receive = 0x09,
    deallocate = 0x0b,
    set_partner_lu = 0x0f,
    sap_init = 0xca,
    sap_send = 0xcb,
    sap_register_first = 0xcf,  // cf .. d3: programs that register at a gateway
    sap_register_last = 0xd3,
    sap_cancel = 0xd5,
    sap_canceled = 0xd6,
};

/// Whether the published protocol has a function of this number.
bool is_known_function(std::uint8_t number);

/// A view of the 80 bytes at the start of an APPC record.
class AppcHeader {
public:
    explicit AppcHeader(BytesView record) : record_(record) {
        assert(record.size() >= header_bytes);
    }

    std::uint8_t version() const { return read_u8(record_, appc_at::version); }
    std::uint8_t function_number() const { return read_u8(record_, appc_at::function); }
    Function function() const { return static_cast<Function>(function_number()); }
    std::uint8_t protocol() const { return read_u8(record_, appc_at::protocol); }
    std::uint16_t uid() const { return read_u16(record_, appc_at::uid); }
    std::uint8_t info() const { return read_u8(record_, appc_at::info); }
    std::uint16_t error_bytes() const { return read_u16(record_, appc_at::error_bytes); }
    std::uint8_t vector() const { return read_u8(record_, appc_at::vector); }
    std::uint8_t info3() const { return read_u8(record_, appc_at::info3); }
    std::uint8_t info2() const { return read_u8(record_, appc_at::info2); }
    std::uint16_t parameter_bytes() const { return read_u16(record_, appc_at::parameter_bytes); }
    std::uint32_t return_code() const { return read_u32(record_, appc_at::return_code); }
    std::uint16_t comm_index() const { return read_u16(record_, appc_at::comm); }
    std::uint16_t connection_index() const { return read_u16(record_, appc_at::connection); }
    BytesView conversation() const {
        return record_.subspan(appc_at::conversation, conversation_bytes);
    }
    /// Whether content may be encrypted (SNC), and so cannot be judged.
    bool is_snc() const { return (info2() & (info2_flag::snc_active | info2_flag::snc_init)) != 0; }
    bool is_marked_final() const { return (info() & info_flag::final_record) != 0; }
    /// Whether it is the last record of a SAP_SEND message: two fields say so, and must agree.
    bool is_final() const { return is_marked_final() && parameter_bytes() == trailer_bytes; }

private:
    BytesView record_;
};

}  // namespace sallyport::rfc
