#include "agent/file_path.hpp"
#include "mappings/path_readings.hpp"
#include "mappings/rule.hpp"
#include "ssh/sftp_packet.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

/// What a file server answers, and where the path of a request leads there. The first byte says
/// which of them the rest is. No view leaves its packet; a path that a rule allows in every reading
/// leads to a place below the rule's path, by names that lead nowhere else.
using namespace sallyport;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

void read_packet(BytesView packet) {
    const auto inside = [&](const void* at, std::size_t size) {
        const auto* from = static_cast<const std::byte*>(at);
        return size == 0 || (from >= packet.data() && from + size <= packet.data() + packet.size());
    };
    (void)ssh::parse_sftp_version(packet);
    (void)ssh::sftp_packet_length(packet);
    const auto reply = ssh::parse_sftp_reply(packet);
    if (!reply) return;
    require(inside(reply->text.data(), reply->text.size()));
    require(inside(reply->data.data(), reply->data.size()));
    require(reply->names.size() <= packet.size() / 12);
    for (const auto& entry : reply->names) require(inside(entry.name.data(), entry.name.size()));
}

void read_path(std::string_view target) {
    const auto path = agent::FilePath::parse(target);
    if (!path) return;
    for (const auto& name : path->names) {
        require(!name.empty() && name != "." && name != "..");
        require(name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos);
    }
    require(path->below("/base").starts_with("/base"));
    require(agent::names_of(path->text()) == path->names);
    const auto readings = mappings::PathReadings::of(target);
    if (!readings) return;
    for (const auto match : {mappings::Match::exact, mappings::Match::subpaths}) {
        const mappings::Rule rule{.path = "/in", .match = match};
        const bool allowed = readings->all(
            [&](std::string_view reading) { return mappings::covers(rule, reading); });
        require(!allowed || mappings::covers(rule, path->text()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView rest(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
    if (data[0] % 2 == 0)
        read_packet(rest);
    else
        read_path(as_text(rest));
    return 0;
}
