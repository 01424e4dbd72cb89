#pragma once

#include "rfc/records.hpp"

#include <cstdint>

/// What a gateway may look at to find where the data of a record begin. It must be as in recorded
/// conversations, so that the gateway reads the items that were judged (docs/RFC.md#records).
namespace sallyport::rfc {

enum class RecordShape : std::uint8_t {
    last_part,   // SAP_SEND, or the RECEIVE that continues one, with the end of a message
    part,        // likewise, and more follows
    async_send,  // ASEND_DATA
    barrier,     // SEND_DATA
    end,         // the empty RECEIVE behind those
    cancel,      // SAP_CANCEL
    deallocate,  // DEALLOCATE
};

/// What in the header is not as the shape wants it, for people; nullptr if everything is. Lengths
/// of data and the last-record mark are not looked at.
const char* misshape_of(BytesView record, RecordShape shape);

/// Likewise, of a record that sets a conversation up: whether anything may stand before its fields.
const char* misshape_of_set_up(const AppcHeader& header);

}  // namespace sallyport::rfc
