#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::http {

/// Which fields travel on to the next hop (docs/PROTOCOL.md#reserved-fields). Names are compared
/// without case and with '-' equal to '_', because servers behind CGI-like interfaces cannot tell
/// them apart.
///
/// What Connection names is removed (RFC 9110 section 7.6.1), with two decisions of ours: framing
/// and host never depend on it (the codec has taken them out of the fields before), and a request
/// whose Connection names a field that decisions rest on (names_what_decides) is refused by the
/// codec, so that nobody can have a field judged here and absent at the back end.

/// Further names an administrator wants removed from requests.
class StripList {
public:
    StripList() = default;
    explicit StripList(const std::vector<std::string>& names);
    bool contains(std::string_view name) const;
    bool empty() const { return names_.empty(); }

private:
    std::vector<std::string> names_;  // lower case, '_' as '-'; sorted
};

/// Puts the fields that travel on into `kept` (cleared first), in order. The views stay those of
/// `fields`, except `te`, which becomes "trailers". Upgrade never travels as a field: where an
/// upgrade is asked for or granted, RequestHead::upgrade and status 101 say so, and each HTTP/1.1
/// hop writes its own Connection and Upgrade from that.
void keep_request_fields(Fields fields, std::vector<Field>& kept, const StripList& also = {});
void keep_response_fields(Fields fields, std::vector<Field>& kept);
/// Trailers additionally lose what only makes sense in a head (RFC 9110 section 6.5.1).
void keep_request_trailers(Fields trailers, std::vector<Field>& kept, const StripList& also = {});
void keep_response_trailers(Fields trailers, std::vector<Field>& kept);

/// One name, without looking at Connection.
bool travels_in_request(std::string_view name);
bool travels_in_response(std::string_view name);

/// Whether a Connection field may not name this: host, content-length, authorization, cookie, the
/// method overrides, the identity fields of hub and agent.
bool names_what_decides(std::string_view name);

/// Equal without case and with '-' as '_'.
bool same_name(std::string_view a, std::string_view b);

}  // namespace sallyport::http
