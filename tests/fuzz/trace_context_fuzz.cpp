#include "http/trace_context.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace sallyport;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

}  // namespace

/// Whatever a client sends as traceparent: what is recorded of it is 32 hexadecimal digits of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    const auto trace = http::trace_id_of(value);
    if (trace.empty()) return 0;
    require(trace.size() == 32 && trace.data() == value.data() + 3 && value.size() >= 55);
    require(trace.find_first_not_of("0123456789abcdef") == trace.npos);
    require(trace.find_first_not_of('0') != trace.npos);
    return 0;
}
