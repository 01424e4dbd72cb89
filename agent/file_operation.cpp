#include "agent/file_operation.hpp"

#include "base/bytes.hpp"
#include "mappings/virtual_host.hpp"

#include <utility>

namespace sallyport::agent {
namespace {

using Kind = FileOperation::Kind;

http::Refusal refuse(int status, std::string_view code, std::string message) {
    return {status, code, std::move(message), "http_request_error"};
}

http::Refusal bad_name(const Error& error) {
    return refuse(400, "bad_file_name", error.detail + " Names of files are taken literally.");
}

std::optional<Kind> kind_of(std::string_view method, bool folder) {
    if (method == "GET" || method == "HEAD") return folder ? Kind::list : Kind::read;
    if (method == "PUT") return Kind::put;
    if (method == "DELETE") return folder ? Kind::remove_folder : Kind::remove;
    if (method == "MOVE") return Kind::move;
    if (method == "MKCOL") return Kind::make_folder;
    return std::nullopt;
}

std::optional<http::Refusal> check_put(const http::RequestHead& head) {
    // RFC 9110 section 14.5: a server that does not know partial PUT must not take it for a whole.
    if (http::find(head.fields, "content-range") != nullptr)
        return refuse(400, "partial_put", "Only whole files can be put, without Content-Range.");
    const auto* encoding = http::find(head.fields, "content-encoding");
    if (encoding != nullptr && !equal_ignoring_case(encoding->value, "identity"))
        return refuse(415, "content_encoding",
                      "Files are stored as they come: put this one without Content-Encoding.");
    return std::nullopt;
}

/// An If-None-Match of "*" (RFC 9110 section 13.1.2).
bool creates_only(http::Fields fields) {
    const auto* condition = http::find(fields, "if-none-match");
    return condition != nullptr && condition->value == "*";
}

std::optional<http::Refusal> complete_move(const http::RequestHead& head, FileOperation& what) {
    const auto target = read_destination(head);
    if (const auto* no = std::get_if<http::Refusal>(&target)) return *no;
    auto path = FilePath::parse(std::get<std::string>(target));
    if (!path) return bad_name(path.error());
    what.destination = std::move(*path);
    const auto* overwrite = http::find(head.fields, "overwrite");
    what.may_replace = overwrite == nullptr || !equal_ignoring_case(overwrite->value, "f");
    if (what.path.folder || what.destination.folder)
        return refuse(409, "is_folder", "Only files can be moved; their paths end in no slash.");
    if (what.path == what.destination)
        return refuse(403, "bad_destination", "The file is there already.");
    return std::nullopt;
}

}  // namespace

std::variant<std::string, http::Refusal> read_destination(const http::RequestHead& head) {
    const auto* field = http::find(head.fields, "destination");
    if (field == nullptr || field->value.empty())
        return refuse(400, "bad_destination",
                      "A MOVE says where to in a Destination field, e.g. /done/a.json");
    std::string_view rest = field->value;
    rest = rest.substr(0, rest.find('?'));
    if (rest.starts_with('/')) return std::string(rest);
    const auto mark = rest.find("://");
    const auto scheme = rest.substr(0, mark == rest.npos ? 0 : mark);
    const bool secure = equal_ignoring_case(scheme, "https");
    if (!secure && !equal_ignoring_case(scheme, "http"))
        return refuse(400, "bad_destination", "The Destination must be a path or an http:// URL.");
    rest.remove_prefix(mark + 3);
    const auto slash = std::min(rest.find('/'), rest.size());
    std::string authority(rest.substr(0, slash));
    if (secure && authority.find(':') == authority.npos) authority += ":443";
    const auto there = mappings::VirtualHost::from_authority(authority);
    const auto here = mappings::VirtualHost::from_authority(head.authority);
    if (!there || !here || *there != *here)
        return refuse(502, "bad_destination",
                      "The Destination is on another host: files move within one.");
    return slash == rest.size() ? "/" : std::string(rest.substr(slash));
}

std::variant<FileOperation, http::Refusal> read_operation(const http::RequestHead& head) {
    auto path = FilePath::parse(head.target);
    if (!path) return bad_name(path.error());
    const auto kind = kind_of(head.method, path->folder);
    if (!kind)
        return refuse(501, "method_not_supported",
                      "Files know GET, HEAD, PUT, DELETE, MOVE and MKCOL.");
    FileOperation what;
    what.kind = *kind;
    what.only_head = head.method == "HEAD";
    what.path = std::move(*path);
    if (*kind == Kind::put) {
        what.may_replace = !creates_only(head.fields);
        if (what.path.folder)
            return refuse(409, "is_folder", "A file is put: its path ends in no slash.");
        if (auto no = check_put(head)) return *no;
    }
    if (*kind == Kind::move)
        if (auto no = complete_move(head, what)) return *no;
    if (*kind == Kind::make_folder && head.body.kind != http::BodySize::Kind::none &&
        head.body != http::BodySize::exactly(0))
        return refuse(415, "body_not_expected", "A folder is made without a body.");
    const bool changes_root = what.path.names.empty() && *kind != Kind::list;
    if (changes_root || (*kind == Kind::move && what.destination.names.empty()))
        return refuse(403, "is_root", "The exposed folder itself is not changed.");
    return what;
}

}  // namespace sallyport::agent
