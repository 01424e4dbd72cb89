#include "agent/file_fault.hpp"
#include "agent/sftp_call.hpp"
#include "agent/sftp_places.hpp"
#include "audit/clock.hpp"
#include "http/refusal.hpp"
#include "ssh/upload_name.hpp"

#include <array>
#include <string>
#include <utility>

namespace sallyport::agent {
namespace {

constexpr std::size_t list_entries_max = 100'000;

std::string_view word_for(ssh::FileKind kind) {
    switch (kind) {
        case ssh::FileKind::file:
            return "file";
        case ssh::FileKind::folder:
            return "folder";
        case ssh::FileKind::link:
            return "link";
        default:
            return "other";
    }
}

bool is_shown(std::string_view name) {
    return name != "." && name != ".." && !name.starts_with(ssh::upload_prefix) &&
           name.find('/') == name.npos;
}

void append_entry(std::string& out, const ssh::SftpEntry& entry) {
    const auto& facts = entry.attributes;
    out += "{\"name\":" + http::to_json_string(entry.name) + ",\"type\":\"";
    out += word_for(facts.kind());
    out += '"';
    if (facts.size && facts.kind() == ssh::FileKind::file)
        out += ",\"size\":" + std::to_string(*facts.size);
    if (facts.modified) {
        const FileVersion version{0, *facts.modified};
        out += ",\"modified\":\"" + audit::to_rfc3339(version.time()) + '"';
    }
    out += '}';
}

net::Task<Result<void>> write_all(SftpCall& call, std::string_view text) {
    for (auto rest = as_bytes(text); !rest.empty();) {
        if (auto good = call.watch.may_go_on(); !good) co_return good.error();
        const auto taken = call.down.write(rest);
        rest = rest.subspan(taken);
        if (taken == 0) co_await call.down.event().wait();
    }
    co_return Result<void>();
}

/// One answer of the server at a time, so that a slow reader stops the server.
net::Task<Result<void>> write_entries(SftpCall& call, const std::string& handle) {
    std::string text = "{\"entries\":[";
    std::size_t seen = 0;  // hidden ones as well: a server may have no end of them
    bool first = true;
    bool truncated = false;
    while (!truncated) {
        const auto entries = co_await call.client.read_folder(handle);
        if (!entries) co_return entries.error();
        if (entries->empty()) break;
        for (const auto& entry : *entries) {
            truncated = seen++ == list_entries_max;
            if (truncated) break;
            if (!is_shown(entry.name)) continue;
            text += std::exchange(first, false) ? "\n" : ",\n";
            append_entry(text, entry);
        }
        if (auto written = co_await write_all(call, text); !written) co_return written.error();
        text.clear();
    }
    text += truncated ? "\n],\"truncated\":true}\n" : "\n],\"truncated\":false}\n";
    co_return co_await write_all(call, text);
}

}  // namespace

net::Task<Result<void>> list_folder(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::follow);
    const bool absent = !place && (place.error().code == FileFault::no_parent ||
                                   place.error().code == FileFault::reserved_name);
    if (absent) co_return Error{FileFault::not_found, place.error().detail};
    if (!place) co_return place.error();
    if (place->kind() != ssh::FileKind::folder) co_return Error{FileFault::not_found, place->path};
    const auto handle = co_await call.client.open_folder(place->path);
    if (!handle) co_return handle.error();
    const SftpHandle opened(call.client, *handle);
    const std::array<http::Field, 2> fields = {
        {{"content-type", "application/json"}, {"cache-control", "no-store"}}};
    http::ResponseHead head;
    head.status = 200;
    head.fields = fields;
    call.down.start(head);
    if (!call.operation.only_head)
        if (auto written = co_await write_entries(call, opened.text()); !written)
            co_return written.error();
    call.down.finish();
    co_return Result<void>();
}

}  // namespace sallyport::agent
