#include "agent/sftp_places.hpp"

#include "agent/file_fault.hpp"
#include "base/error.hpp"
#include "ssh/sftp_fault.hpp"

#include <deque>
#include <utility>

namespace sallyport::agent {
namespace {

constexpr int links_max = 8;

/// A walk from the exposed folder, name by name.
struct Walk {
    std::deque<std::string> names;  // still to go
    FilePath at{};                  // how far we are, below the exposed folder
    int links = 0;
};

/// The names of `real` below `base`; nothing if it is not below it.
std::optional<std::vector<std::string>> names_below(const std::string& base,
                                                    const std::string& real) {
    const auto top = names_of(base);
    auto names = names_of(real);
    if (names.size() < top.size() || !std::equal(top.begin(), top.end(), names.begin()))
        return std::nullopt;
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(top.size()));
    for (const auto& name : names)
        if (name == "." || name == "..") return std::nullopt;
    return names;
}

/// Goes on where the link leads. It may lead to another one: the walk begins again.
net::Task<Result<void>> follow(SftpCall& call, Walk& walk, const std::string& link) {
    if (++walk.links > links_max) co_return Error{FileFault::outside, link + ": too many links"};
    const auto real = co_await call.client.realpath(link);
    if (!real) co_return real.error();
    auto names = names_below(call.real_base, *real);
    if (!names) co_return Error{FileFault::outside, link + " leads to " + *real};
    walk.names.insert(walk.names.begin(), names->begin(), names->end());
    walk.at = {};
    co_return Result<void>();
}

net::Task<Result<SftpPlace>> walk_on(SftpCall& call, Walk& walk, LastLink last) {
    SftpPlace place{.path = call.real_base};
    if (walk.names.empty()) {
        auto facts = co_await call.client.lstat(place.path);
        if (!facts) co_return facts.error();
        place.facts = *facts;
    }
    while (!walk.names.empty()) {
        walk.at.names.push_back(std::move(walk.names.front()));
        walk.names.pop_front();
        const bool is_last = walk.names.empty();
        place.path = walk.at.below(call.real_base);
        const auto facts = co_await call.client.lstat(place.path);
        const bool missing = !facts && facts.error().code == ssh::SftpFault::no_such_file;
        if (!facts && !missing) co_return facts.error();
        if (missing && !is_last) co_return Error{FileFault::no_parent, place.path};
        place.facts = missing ? std::nullopt : std::optional(*facts);
        const auto kind = place.kind();
        if (kind == ssh::FileKind::link && (!is_last || last == LastLink::follow)) {
            if (auto went = co_await follow(call, walk, place.path); !went) co_return went.error();
            if (walk.names.empty()) co_return co_await walk_on(call, walk, last);
            continue;
        }
        if (!is_last && kind != ssh::FileKind::folder)
            co_return Error{FileFault::no_parent, place.path};
    }
    co_return place;
}

}  // namespace

std::optional<FileVersion> SftpPlace::version() const {
    if (kind() != ssh::FileKind::file) return std::nullopt;
    return FileVersion{facts->size.value_or(0), facts->modified.value_or(0)};
}

net::Task<Result<SftpPlace>> find_place(SftpCall& call, const FilePath& path,
                                        const mappings::Rule& rule, LastLink last) {
    if (path.is_hidden()) co_return Error{FileFault::reserved_name, path.text()};
    if (call.real_base.empty()) {
        auto real = co_await call.client.realpath(call.base);
        if (!real) co_return real.error();
        call.real_base = std::move(*real);
    }
    Walk walk{{path.names.begin(), path.names.end()}};
    auto place = co_await walk_on(call, walk, last);
    if (!place) co_return place.error();
    place->name = walk.at.text();
    // What a link led to must be allowed as if it had been asked for.
    if (walk.links > 0 && (walk.at.is_hidden() || !mappings::covers(rule, walk.at.text())))
        co_return Error{FileFault::outside, path.text() + " leads to " + place->path};
    co_return place;
}

}  // namespace sallyport::agent
