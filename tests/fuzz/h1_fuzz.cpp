#include "http/h1_chunks.hpp"
#include "http/h1_codec.hpp"
#include "http/hygiene.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// Heads of requests and responses, then what follows as a chunked body. The first byte says where
/// the head is split: both ways must come to the same.
namespace {

using namespace sallyport::http;
using sallyport::http::h1::Outcome;

void check(bool holds) {
    if (!holds) std::abort();
}

void read_chunks(std::span<const char> rest, std::size_t piece, std::string& content) {
    h1::ChunkReader reader;
    reader.reset();
    while (!rest.empty()) {
        const auto part = rest.first(std::min(rest.size(), piece));
        if (reader.state() == h1::ChunkReader::State::data) {
            const auto size = std::min<std::uint64_t>(part.size(), reader.data_left());
            content.append(part.data(), size);
            reader.took(size);
            rest = rest.subspan(size);
            continue;
        }
        if (reader.state() != h1::ChunkReader::State::framing) break;
        rest = rest.subspan(reader.read_framing(part));
    }
    for (const auto& trailer : reader.trailers()) {
        check(h1::is_token(trailer.name));
        check(h1::is_field_value(trailer.value));
    }
}

template <class Parse>
void read_head(std::string bytes, std::size_t split, Outcome (&read)(std::span<char>, Parse&),
               std::vector<Field>& kept) {
    Parse whole;
    const auto outcome = read(bytes, whole);
    std::string again = bytes;
    Parse pieces;
    auto later = read(std::span(again).first(std::min(split, again.size())), pieces);
    if (later == Outcome::needs_more) later = read(again, pieces);
    // Split off, a refused head may also be one that is never complete.
    check(later == outcome || outcome == Outcome::refused);
    if (outcome != Outcome::complete) return;
    check(pieces.head_bytes == whole.head_bytes && whole.head_bytes <= bytes.size());
    for (const auto& field : whole.fields) {
        check(h1::is_token(field.name));
        check(h1::is_field_value(field.value));
        check(field.name != "content-length" && field.name != "transfer-encoding");
    }
    keep_request_fields(whole.fields, kept);
    for (const auto& field : kept) check(travels_in_request(field.name) || field.name == "te");
    keep_response_fields(whole.fields, kept);
    if (!whole.chunked) return;
    std::string at_once;
    std::string bit_by_bit;
    const auto rest = std::span<const char>(bytes).subspan(whole.head_bytes);
    read_chunks(rest, SIZE_MAX, at_once);
    read_chunks(rest, 1, bit_by_bit);
    check(at_once == bit_by_bit);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::vector<Field> kept;
    const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    read_head<h1::RequestParse>(bytes, data[0], h1::parse_request, kept);
    read_head<h1::ResponseParse>(bytes, data[0], h1::parse_response, kept);
    return 0;
}
