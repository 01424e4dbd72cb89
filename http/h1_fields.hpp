#pragma once

#include "http/h1_codec.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

/// What request and response heads have in common; private to the codec.
namespace sallyport::http::h1 {

struct Cursor {
    char* at;
    char* end;
};

/// Notes why, and says so.
inline Outcome refuse(HeadParse& parse, int status, std::string_view text) {
    parse.refusal_status = status;
    parse.refusal_text = text;
    return Outcome::refused;
}

enum class Line { field, last, needs_more, refused };
/// Reads one field line, or the empty line after the last.
Line read_field(Cursor& cursor, Field& field, HeadParse& parse);

/// What the fields say about framing and the connection. Collected line by line.
struct Meaning {
    std::string_view host;
    std::string_view upgrade;
    std::uint64_t length = 0;
    int hosts = 0;
    int upgrades = 0;
    int connection_options = 0;
    bool has_length = false;
    bool chunked = false;
    bool says_close = false;
    bool says_keep_alive = false;
    bool says_upgrade = false;
    bool expects_continue = false;
};

enum class Side { request, response };

/// Reads all fields to the end of the head. Those that are framing or host go into `meaning` only.
Outcome read_fields(Cursor& cursor, HeadParse& parse, Meaning& meaning, Side side);

/// After a head was incomplete: whether its end may be here now. Keeps slow senders cheap.
bool may_be_complete(std::span<const char> bytes, HeadParse& parse);
/// For a head that is incomplete: needs_more, or refused because it is too large.
Outcome wait_for_more(std::span<const char> bytes, HeadParse& parse);

/// Runs `read_head` over what there is of a head, unless its end cannot be here yet.
template <class Parse, class Read>
Outcome parse_head(std::span<char> bytes, Parse& parse, Read read_head) {
    const auto view = bytes.first(std::min(bytes.size(), head_bytes_max));
    if (!may_be_complete(view, parse)) return wait_for_more(view, parse);
    const auto searched = parse.searched;
    parse.reset();
    parse.searched = searched;
    const auto read = read_head(view, parse);
    return read == Outcome::needs_more ? wait_for_more(view, parse) : read;
}

}  // namespace sallyport::http::h1
