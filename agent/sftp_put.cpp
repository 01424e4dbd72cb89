#include "agent/content_check.hpp"
#include "agent/file_fault.hpp"
#include "agent/sftp_call.hpp"
#include "agent/sftp_places.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "http/hygiene.hpp"
#include "http/pump.hpp"
#include "ssh/sftp_fault.hpp"
#include "ssh/sftp_temporary.hpp"
#include "ssh/sftp_transfer.hpp"

#include <algorithm>
#include <array>

namespace sallyport::agent {
namespace {

constexpr std::uint32_t permission_bits = 0777;
constexpr std::uint32_t owner_only = 0600;

/// Passes an upload on, and looks at it on the way.
class CheckedUpload {
public:
    CheckedUpload(ssh::SftpUpload& upload, const mappings::FileChecks& wanted)
        : upload_(upload), wanted_(wanted), checks_(ContentCheck::make(wanted)) {}

    /// For http::pump; after an error everything is taken.
    std::size_t write(BytesView bytes) {
        if (error_) return bytes.size();
        const auto taken = upload_.write(bytes);
        if (!taken) return note(taken.error(), bytes);
        if (!wanted_.allow_size(upload_.bytes())) return note({FileFault::too_large, {}}, bytes);
        for (const auto& check : checks_) {
            const auto good = check->feed(bytes.first(*taken));
            if (!good) return note({FileFault::bad_content, good.error().detail}, bytes);
        }
        return *taken;
    }
    /// All bytes came: whether the server has them all.
    Result<bool> complete() {
        if (error_) return *error_;
        if (!std::exchange(finished_, true)) {
            for (const auto& check : checks_) {
                const auto good = check->finish();
                if (!good) return Error{FileFault::bad_content, good.error().detail};
            }
        }
        return upload_.complete();
    }
    const std::optional<Error>& error() const { return error_; }

private:
    std::size_t note(Error error, BytesView bytes) {
        error_ = std::move(error);
        return bytes.size();
    }
    ssh::SftpUpload& upload_;
    const mappings::FileChecks wanted_;
    std::vector<std::unique_ptr<ContentCheck>> checks_;
    std::optional<Error> error_;
    bool finished_ = false;
};

/// A server says "failure" when its disk is full.
Error as_storing(const Error& error) {
    if (error.code != ssh::SftpFault::failure) return error;
    return {FileFault::not_stored, error.detail};
}

net::Task<Result<void>> move_body(SftpCall& call, const std::string& handle,
                                  const mappings::FileChecks& wanted) {
    ssh::SftpUpload upload(call.client, handle);
    CheckedUpload checked(upload, wanted);
    http::NextTurn next_turn(call.loop, call.down.event());
    while (true) {
        if (auto received = call.client.receive(); !received) co_return received.error();
        const auto pumped = http::pump(call.up, checked);
        if (checked.error()) co_return as_storing(*checked.error());
        if (pumped == http::Pumped::more) next_turn.request();
        if (pumped == http::Pumped::ended) {
            if (call.up.state() == http::Body::State::cut)
                co_return Error{Errc::aborted, "the caller broke off the upload"};
            const auto complete = checked.complete();
            if (!complete) co_return as_storing(complete.error());
            if (*complete) co_return Result<void>();
        }
        if (auto good = call.watch.may_go_on(); !good) co_return good.error();
        co_await call.down.event().wait();
    }
}

/// From here on it is visible, in one step. `place` is as it was before the upload.
net::Task<Result<void>> give_name(SftpCall& call, const SftpPlace& place,
                                  const std::string& temporary) {
    auto& client = call.client;
    if (call.operation.may_replace && client.has_posix_rename())
        co_return co_await client.posix_rename(temporary, place.path);
    const auto renamed = co_await client.rename(temporary, place.path);
    if (renamed || renamed.error().code != ssh::SftpFault::failure) co_return renamed;
    // It may have come into being meanwhile.
    const auto there = co_await client.lstat(place.path);
    if (!there) co_return renamed;
    co_return Error{
        call.operation.may_replace ? FileFault::cannot_replace : FileFault::precondition,
        place.path};
}

/// Whether it may be put at all, before a byte is taken.
Result<void> check_place(SftpCall& call, const SftpPlace& place,
                         const mappings::FileChecks& wanted) {
    if (place.kind() == ssh::FileKind::folder) return Error{FileFault::is_folder, place.path};
    if (place.kind() == ssh::FileKind::link) return Error{FileFault::is_link, place.path};
    if (place.facts && !place.version()) return Error{FileFault::not_regular, place.path};
    const auto judged = answer_conditions(call, Access::changes, place.version());
    if (!judged) return judged.error();
    if (place.facts && !call.client.has_posix_rename())
        return Error{FileFault::cannot_replace, place.path};
    const auto& body = call.head.body;
    if (body.kind == http::BodySize::Kind::exact && !wanted.allow_size(body.bytes))
        return Error{FileFault::too_large, place.path};
    return {};
}

/// Gives an upload the permissions of the file that it replaces: who could read the old one can
/// read the new one, and nobody else could meanwhile.
net::Task<Result<void>> keep_permissions(SftpCall& call, const SftpPlace& place,
                                         const ssh::SftpTemporary& temporary) {
    const auto mode = place.facts->permissions.value_or(owner_only) & permission_bits;
    auto kept = co_await call.client.set_permissions(temporary.handle(), mode);
    if (kept || kept.error().code.category() != ssh::sftp_category()) co_return kept;
    auto why = "the permissions of the old file cannot be kept: " + kept.error().detail;
    co_return Error{ssh::SftpFault::failure, std::move(why)};
}

/// A client that asks whether it may send the file is told so (RFC 9110 section 10.1.1): for files
/// the agent is the origin, and nobody else would say it.
void invite_body(SftpCall& call) {
    const auto asks = [](const http::Field& field) {
        return http::same_name(field.name, "expect") &&
               equal_ignoring_case(field.value, "100-continue");
    };
    if (!std::ranges::any_of(call.head.fields, asks)) return;
    http::ResponseHead go_on;
    go_on.status = 100;
    call.down.inform(go_on);
}

/// Everything the server can do so that the file is whole and stays.
net::Task<Result<FileVersion>> complete_file(SftpCall& call, const SftpPlace& place,
                                             ssh::SftpTemporary& temporary) {
    auto& client = call.client;
    if (place.facts) {
        const auto kept = co_await keep_permissions(call, place, temporary);
        if (!kept) co_return kept.error();
    }
    if (client.has_fsync()) {
        const auto synced = co_await client.sync(temporary.handle());
        if (!synced) co_return as_storing(synced.error());
    }
    const auto facts = co_await client.fstat(temporary.handle());
    if (!facts) co_return facts.error();
    if (auto closed = co_await temporary.close(); !closed) co_return as_storing(closed.error());
    co_return FileVersion{facts->size.value_or(0), facts->modified.value_or(0)};
}

}  // namespace

net::Task<Result<void>> put_file(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::keep);
    if (!place) co_return place.error();
    const auto wanted = mappings::file_checks(call.rules, place->name);
    if (auto good = check_place(call, *place, wanted); !good) co_return good.error();
    const auto folder = place->path.substr(0, place->path.rfind('/') + 1);
    ssh::SftpTemporary temporary(call.client, folder);
    const auto mode = place->facts ? std::optional(owner_only) : std::nullopt;
    if (auto opened = co_await temporary.open(mode); !opened) co_return as_storing(opened.error());
    invite_body(call);
    if (auto moved = co_await move_body(call, temporary.handle(), wanted); !moved)
        co_return moved.error();
    const auto version = co_await complete_file(call, *place, temporary);
    if (!version) co_return version.error();
    if (auto named = co_await give_name(call, *place, temporary.path()); !named)
        co_return named.error();
    temporary.has_its_name();
    const auto etag = version->etag();
    const std::array<http::Field, 1> fields = {{{"etag", etag}}};
    answer_empty(call.down, place->facts ? 204 : 201, fields);
    co_return Result<void>();
}

}  // namespace sallyport::agent
