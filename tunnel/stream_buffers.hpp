#pragma once

#include "tunnel/byte_queue.hpp"
#include "tunnel/field_arena.hpp"

namespace sallyport::tunnel {

/// What one stream needs at either end; used again for the next one, so that a request allocates
/// nothing of it.
struct StreamBuffers {
    FieldArena fields;        // the peer's head
    FieldArena late_fields;   // the peer's trailers
    FieldArena own_trailers;  // ours
    ByteQueue received;
    ByteQueue to_send;

    void rest() {
        fields.rest();
        late_fields.rest();
        own_trailers.rest();
        received.rest();
        to_send.rest();
    }
};

}  // namespace sallyport::tunnel
