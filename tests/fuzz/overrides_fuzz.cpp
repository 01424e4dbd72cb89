// Overrides of mappings: what is read from their file or a request is written and read back the
// same, and moments too.
#include "agent/overrides.hpp"
#include "mappings/moment.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace sallyport;

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto moment = mappings::parse_moment(text)) {
        const auto again = mappings::parse_moment(mappings::to_text(*moment));
        check(again && *again == *moment);
    }
    if (const auto overrides = agent::Overrides::parse(text)) {
        const auto again = agent::Overrides::parse(overrides->text());
        check(again && again->text() == overrides->text());
    }
    if (const auto request = agent::OverrideRequest::parse(text)) {
        agent::Overrides overrides;
        check(overrides.change("a:1", request->applied_to(nullptr)).has_value());
    }
    return 0;
}
