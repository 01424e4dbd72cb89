#include "agent/file_fault.hpp"
#include "agent/sftp_call.hpp"
#include "agent/sftp_places.hpp"
#include "base/error.hpp"
#include "http/date.hpp"
#include "http/pump.hpp"
#include "ssh/sftp_transfer.hpp"

#include <array>
#include <string>
#include <vector>

namespace sallyport::agent {
namespace {

/// The path of a folder that was asked for as if it were a file.
void answer_redirect(SftpCall& call) {
    const auto path = call.head.target.substr(0, call.head.target.find('?'));
    const auto location = std::string(path) + '/';
    const std::array<http::Field, 1> fields = {{{"location", location}}};
    answer_empty(call.down, 301, fields);
}

void answer_unsatisfiable(SftpCall& call, const FileVersion& version) {
    const auto range = "bytes */" + std::to_string(version.size);
    const std::array<http::Field, 1> fields = {{{"content-range", range}}};
    answer_empty(call.down, 416, fields);
}

void start_file(SftpCall& call, const FileVersion& version, const FilePart& part) {
    const auto etag = version.etag();
    const auto date = http::write_date(version.time());
    const auto range = "bytes " + std::to_string(part.offset) + '-' +
                       std::to_string(part.offset + part.bytes - 1) + '/' +
                       std::to_string(version.size);
    std::vector<http::Field> fields = {{"content-type", "application/octet-stream"},
                                       {"accept-ranges", "bytes"},
                                       {"etag", etag},
                                       {"last-modified", date}};
    const bool is_part = part.kind == FilePart::Kind::part;
    if (is_part) fields.push_back({"content-range", range});
    http::ResponseHead head;
    head.status = is_part ? 206 : 200;
    head.fields = fields;
    head.body = http::BodySize::exactly(part.bytes);
    call.down.start(head);
}

/// Passes on what has arrived, as far as there is room. True: look again in the next turn.
Result<bool> pass_on(ssh::SftpDownload& download, http::Answer& down) {
    for (std::size_t moved = 0; moved < http::pump_bytes_max && !download.done();) {
        const auto bytes = download.peek();
        if (!bytes) return bytes.error();
        if (bytes->empty()) return false;
        const auto taken = down.write(*bytes);
        if (taken == 0) return false;
        download.consume(taken);
        moved += taken;
    }
    return !download.done();
}

net::Task<Result<void>> send_part(SftpCall& call, const std::string& handle, FilePart part) {
    ssh::SftpDownload download(call.client, handle, part.offset, part.bytes);
    http::NextTurn next_turn(call.loop, call.down.event());
    while (true) {
        const auto received = call.client.receive();
        const auto more = pass_on(download, call.down);
        if (!more) co_return more.error();
        if (download.done()) break;
        if (*more) next_turn.request();
        // What came before the end of the channel may still be passed on.
        const auto left = download.peek();
        if (!received && (!left || left->empty())) co_return received.error();
        if (auto good = call.watch.may_go_on(); !good) co_return good.error();
        co_await call.down.event().wait();
    }
    call.down.finish();
    co_return Result<void>();
}

}  // namespace

net::Task<Result<void>> get_file(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::follow);
    if (!place) {
        const bool absent = place.error().code == FileFault::no_parent ||
                            place.error().code == FileFault::reserved_name;
        co_return absent ? Error{FileFault::not_found, place.error().detail} : place.error();
    }
    if (!place->facts) co_return Error{FileFault::not_found, place->path};
    if (place->kind() == ssh::FileKind::folder) {
        answer_redirect(call);
        co_return Result<void>();
    }
    auto version = place->version();
    if (!version) co_return Error{FileFault::not_regular, place->path};
    std::string opened;
    if (!call.operation.only_head) {
        auto handle = co_await call.client.open_file(place->path, ssh::sftp_open_read);
        if (!handle) co_return handle.error();
        opened = std::move(*handle);
    }
    const SftpHandle handle(call.client, opened);
    if (!call.operation.only_head) {
        // Of what was opened, which may be another file than the one that was looked at.
        const auto facts = co_await call.client.fstat(handle.text());
        if (!facts) co_return facts.error();
        version = SftpPlace{place->path, *facts}.version();
        if (!version) co_return Error{FileFault::not_regular, place->path};
    }
    const auto answered = answer_conditions(call, Access::reads, version);
    if (!answered) co_return answered.error();
    if (*answered) co_return Result<void>();
    if (call.operation.only_head) {
        start_file(call, *version, {FilePart::Kind::whole, 0, version->size});
        call.down.finish();
        co_return Result<void>();
    }
    const auto part = choose_part(call.head.fields, *version);
    if (part.kind == FilePart::Kind::unsatisfiable) {
        answer_unsatisfiable(call, *version);
        co_return Result<void>();
    }
    start_file(call, *version, part);
    co_return co_await send_part(call, handle.text(), part);
}

}  // namespace sallyport::agent
