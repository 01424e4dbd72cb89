#include "ldap/message.hpp"

#include <limits>

namespace sallyport::ldap {
namespace {

/// Behind the message may come others; a length of four bytes cannot reach this.
constexpr auto unbounded = std::numeric_limits<std::size_t>::max();

void settle(const BerReader& reader, Envelope& envelope) {
    envelope.state = reader.state();
    envelope.wanted = reader.wanted();
    envelope.reason = reader.reason();
}

/// Everything up to the content of the request or response.
Element enter_message(BerReader& reader, Envelope& envelope) {
    const auto message = reader.enter(tag::sequence, "this is no LDAP message");
    if (message.bytes() > message_bytes_max) reader.fail("a message of more than 256 MiB");
    reader.limit_to(message);
    envelope.message_end = message.end;
    envelope.id = reader.number(tag::integer, "a message without a number of its own");
    const auto protocol = reader.enter();
    envelope.protocol_end = protocol.end;
    envelope.tag = protocol.tag;
    reader.limit_to(protocol);
    return protocol;
}

void must_end(BerReader& reader, const Element& last, const Element& around, const char* reason) {
    if (last.end != around.end) reader.fail(reason);
}

void read_bind(BerReader& reader, const Element& bind, Request& request) {
    constexpr const char* wrong = "a bind request that cannot be read";
    reader.number(tag::integer, wrong);  // the version
    const auto name = reader.enter(tag::octets, wrong);
    request.dn = as_text(
        reader.content(name, bind_dn_bytes_max, "a bind request with a name of more than 4 KiB"));
    const auto proof = reader.enter();
    // A second proof behind the first could be the one that counts.
    must_end(reader, proof, bind, wrong);
    if (!reader.good()) return;
    if (proof.tag == tag::simple) {
        request.authentication =
            proof.bytes() == 0 ? Authentication::anonymous : Authentication::simple;
        return;
    }
    request.authentication = Authentication::other;
    if (proof.tag != tag::sasl) return;
    request.authentication = Authentication::sasl;
    const auto mechanism = reader.enter(tag::octets, wrong);
    request.mechanism = as_text(reader.content(mechanism, mechanism_bytes_max, wrong));
}

void read_extended(BerReader& reader, const Element& extended, Request& request) {
    constexpr const char* wrong = "an extended request that cannot be read";
    const auto name = reader.enter(tag::oid, wrong);
    request.oid = as_text(reader.content(name, oid_bytes_max, wrong));
    if (!reader.good() || name.end == extended.end) return;
    const auto value = reader.enter(tag::oid_value, wrong);
    must_end(reader, value, extended, wrong);
}

}  // namespace

std::string_view to_text(Authentication authentication) {
    switch (authentication) {
        case Authentication::none:
            return "";
        case Authentication::anonymous:
            return "anonymous";
        case Authentication::simple:
            return "simple";
        case Authentication::sasl:
            return "sasl";
        case Authentication::other:
            return "other";
    }
    return "";
}

Request read_request(BytesView seen) {
    BerReader reader(seen, unbounded);
    Request request;
    const auto protocol = enter_message(reader, request.envelope);
    // RFC 4511 section 4.1.1.1: 0 is the number of what a server says unasked.
    if (reader.good() && request.envelope.id == 0) reader.fail("a request with the number 0");
    request.operation = operation_of(protocol.tag);
    if (reader.good() && request.operation == Operation::bind)
        read_bind(reader, protocol, request);
    else if (reader.good() && request.operation == Operation::extended)
        read_extended(reader, protocol, request);
    else if (request.operation == Operation::unbind && protocol.bytes() != 0)
        reader.fail("an unbind request that is not empty");
    settle(reader, request.envelope);
    return request;
}

Response read_response(BytesView seen) {
    BerReader reader(seen, unbounded);
    Response response;
    enter_message(reader, response.envelope);
    response.is_bind_response =
        reader.good() && response.envelope.tag == response_tag_of(Operation::bind);
    if (response.is_bind_response)
        response.result_code =
            reader.number(tag::enumerated, "a bind response that cannot be read");
    settle(reader, response.envelope);
    return response;
}

Envelope read_controls_head(BytesView seen, std::size_t bytes) {
    constexpr const char* wrong = "something else than controls behind a request";
    BerReader reader(seen, bytes);
    Envelope envelope;
    const auto controls = reader.enter(tag::controls, wrong);
    if (reader.good() && controls.end != bytes) reader.fail(wrong);
    settle(reader, envelope);
    envelope.message_end = controls.end;
    return envelope;
}

}  // namespace sallyport::ldap
