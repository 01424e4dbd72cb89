#include "tunnel/control_message.hpp"
#include "tunnel/line_reader.hpp"

#include <cstdlib>
#include <vector>

/// Control lines from a peer: what is read says the same when it is written and read again, and
/// lines do not depend on how the bytes were cut.
using namespace sallyport;

namespace {

std::vector<std::string> lines_of(BytesView bytes, std::size_t piece) {
    tunnel::LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const auto part = bytes.subspan(at, std::min(piece, bytes.size() - at));
        if (!reader.feed(part, [&](std::string_view line) { lines.emplace_back(line); })) break;
    }
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto lines = lines_of(bytes, SIZE_MAX / 2);
    if (size < tunnel::control_line_bytes_max && lines != lines_of(bytes, 3)) std::abort();
    for (const auto& line : lines) {
        const auto message = tunnel::decode(line);
        if (!message) continue;
        auto again = tunnel::encode(*message);
        if (again.empty() || again.back() != '\n') std::abort();
        again.pop_back();
        if (again.find('\n') != again.npos) std::abort();
        if (again.size() > tunnel::control_line_bytes_max) continue;  // escapes make it longer
        const auto same = tunnel::decode(again);
        if (!same || *same != *message) std::abort();
    }
    return 0;
}
