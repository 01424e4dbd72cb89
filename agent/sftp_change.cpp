#include "agent/file_fault.hpp"
#include "agent/sftp_call.hpp"
#include "agent/sftp_places.hpp"
#include "mappings/file_checks.hpp"
#include "ssh/sftp_fault.hpp"

namespace sallyport::agent {
namespace {

/// A file that is there and may be changed.
Result<void> check_file(const SftpPlace& place) {
    if (!place.facts) return Error{FileFault::not_found, place.path};
    if (place.kind() == ssh::FileKind::folder) return Error{FileFault::is_folder, place.path};
    if (place.kind() == ssh::FileKind::link) return Error{FileFault::is_link, place.path};
    if (!place.version()) return Error{FileFault::not_regular, place.path};
    return {};
}

/// As if what has no folder were not there itself.
Error as_absent(const Error& error) {
    if (error.code != FileFault::no_parent) return error;
    return {FileFault::not_found, error.detail};
}

/// Contents are checked while they are put: where the file comes from less may have been wanted.
bool goes_around_checks(const SftpCall& call, const SftpPlace& from, const SftpPlace& to) {
    const auto wanted = mappings::file_checks(call.rules, to.name);
    return !mappings::file_checks(call.rules, from.name).include(wanted);
}

Result<void> check_destination(const SftpCall& call, const SftpPlace& to) {
    if (!to.facts) return {};
    if (!call.operation.may_replace) return Error{FileFault::precondition, to.path};
    if (auto good = check_file(to); !good) return good.error();
    if (!call.client.has_posix_rename()) return Error{FileFault::cannot_replace, to.path};
    return {};
}

net::Task<Result<void>> rename(SftpCall& call, const SftpPlace& from, const SftpPlace& to) {
    if (call.operation.may_replace && call.client.has_posix_rename())
        co_return co_await call.client.posix_rename(from.path, to.path);
    const auto renamed = co_await call.client.rename(from.path, to.path);
    if (renamed || renamed.error().code != ssh::SftpFault::failure) co_return renamed;
    const auto there = co_await call.client.lstat(to.path);
    if (!there) co_return renamed;
    co_return Error{
        call.operation.may_replace ? FileFault::cannot_replace : FileFault::precondition, to.path};
}

}  // namespace

net::Task<Result<void>> move_file(SftpCall& call) {
    const auto from = co_await find_place(call, call.operation.path, call.rule, LastLink::keep);
    if (!from) co_return as_absent(from.error());
    if (auto good = check_file(*from); !good) co_return good.error();
    const auto judged = answer_conditions(call, Access::changes, from->version());
    if (!judged) co_return judged.error();
    const auto to = co_await find_place(call, call.operation.destination, *call.destination_rule,
                                        LastLink::keep);
    if (!to) co_return to.error();
    if (goes_around_checks(call, *from, *to)) co_return Error{FileFault::unchecked, to->path};
    if (auto good = check_destination(call, *to); !good) co_return good.error();
    if (auto moved = co_await rename(call, *from, *to); !moved) co_return moved.error();
    answer_empty(call.down, to->facts ? 204 : 201);
    co_return Result<void>();
}

net::Task<Result<void>> remove_file(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::keep);
    if (!place) co_return as_absent(place.error());
    if (auto good = check_file(*place); !good) co_return good.error();
    const auto judged = answer_conditions(call, Access::changes, place->version());
    if (!judged) co_return judged.error();
    if (auto removed = co_await call.client.remove(place->path); !removed)
        co_return removed.error();
    answer_empty(call.down, 204);
    co_return Result<void>();
}

net::Task<Result<void>> remove_folder(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::keep);
    if (!place) co_return as_absent(place.error());
    if (!place->facts) co_return Error{FileFault::not_found, place->path};
    if (place->kind() == ssh::FileKind::link) co_return Error{FileFault::is_link, place->path};
    if (place->kind() != ssh::FileKind::folder) co_return Error{FileFault::not_found, place->path};
    const auto removed = co_await call.client.remove_folder(place->path);
    const bool full = !removed && removed.error().code == ssh::SftpFault::failure;
    if (full) co_return Error{FileFault::not_empty, place->path};
    if (!removed) co_return removed.error();
    answer_empty(call.down, 204);
    co_return Result<void>();
}

net::Task<Result<void>> make_folder(SftpCall& call) {
    const auto place = co_await find_place(call, call.operation.path, call.rule, LastLink::keep);
    if (!place) co_return place.error();
    if (place->facts) co_return Error{FileFault::exists, place->path};
    if (auto made = co_await call.client.make_folder(place->path); !made) co_return made.error();
    answer_empty(call.down, 201);
    co_return Result<void>();
}

}  // namespace sallyport::agent
