#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/route.hpp"
#include "rfc/text.hpp"
#include "tests/support/rfc_routes.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// The small readers: items cut anywhere, names, routes.
namespace {

using namespace sallyport;
using namespace sallyport::rfc;

void check(bool holds) {
    if (!holds) std::abort();
}

struct Chain {
    std::vector<std::uint16_t> tags{};
    std::string values{};
    ItemReader::Defect defect{};
    bool ended = false;
    bool operator==(const Chain&) const = default;
};

Chain read_items(BytesView bytes, std::size_t piece) {
    ItemReader reader;
    Chain chain;
    while (!bytes.empty() && reader.defect() == ItemReader::Defect::none) {
        auto part = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        while (reader.next(part)) {
            chain.tags.push_back(reader.item().tag);
            chain.values += as_text(reader.item().value);
        }
    }
    chain.defect = reader.defect();
    chain.ended = reader.ended();
    return chain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
    check(read_items(bytes, 1 + data[0] % 16) == read_items(bytes, SIZE_MAX));
    ShortText name;
    if (read_function_name(bytes, name) == Refusal::none) check(is_function_name(name.view()));
    const auto route = read_route(bytes);
    if (!route) return 0;
    const auto frame = test::route_frame(route->hops);
    const auto again = read_route(BytesView(frame).subspan(frame_head_bytes));
    check(again.has_value() && again->hops.size() == route->hops.size() && again->next == 1);
    for (std::size_t i = 0; i < route->hops.size(); ++i)
        check(route->hops[i].host == again->hops[i].host);
    return 0;
}
