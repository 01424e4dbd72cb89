#include "agent/file_fault.hpp"

#include "ssh/fault.hpp"
#include "ssh/sftp_fault.hpp"

#include <array>
#include <string>

namespace sallyport::agent {
namespace {

struct Words {
    int status;
    std::string_view code;
    std::string_view message;
};

constexpr std::string_view denied = "http_request_denied";

// In the order of the enumeration, which begins with 1.
constexpr std::array<Words, 15> words = {{
    {404, "file_not_found", "There is no such file."},
    {409, "no_such_folder", "The folder of this file does not exist. Create it with MKCOL."},
    {409, "is_folder", "This is a folder: its path ends in a slash."},
    {403, "not_a_file", "This is neither a file nor a folder."},
    {403, "is_link", "This is a symbolic link, which is not changed from here."},
    {403, "leads_outside", "A symbolic link on the way leads out of what is exposed."},
    {403, "reserved_name", "Names that begin with .sallyport-upload- belong to uploads under way."},
    {409, "exists", "There is something of this name."},
    {409, "folder_not_empty", "The folder is not empty."},
    {412, "precondition_failed", "The file is not in the state that the request names."},
    {501, "cannot_replace",
     "This file server cannot replace a file in one step (posix-rename@openssh.com), so existing "
     "files are not replaced. Delete the file first, or use another name."},
    {413, "file_too_large", "The file is larger than is allowed here."},
    {422, "content_invalid", "The file is not what is allowed here:"},
    {403, "move_unchecked",
     "The contents of files are checked where this one would move to, but only when they are put. "
     "Put it there instead."},
    {507, "not_stored", "The file server failed to store the file; its disk may be full."},
}};

class FileCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "file"; }
    std::string message(int fault) const override {
        return std::string(words.at(static_cast<std::size_t>(fault - 1)).message);
    }
};

/// The file server is not there as it should be.
std::optional<http::Refusal> server_missing(const Error& error, std::string_view virtual_host) {
    using ssh::Fault;
    struct Missing {
        Fault fault;
        std::string_view code;
        std::string_view message;
    };
    constexpr std::array<Missing, 5> all = {{
        {Fault::unreachable, "file_server_unreachable", " cannot be reached."},
        {Fault::host_key_unknown, "file_server_not_trusted",
         " does not prove to be the one that it should be."},
        {Fault::host_key_changed, "file_server_not_trusted",
         " does not prove to be the one that it should be."},
        {Fault::login, "file_server_login_refused", " does not let the agent in."},
        {Fault::forbidden, "file_server_forbids", " does not let the agent speak SFTP."},
    }};
    for (const auto& [fault, code, message] : all)
        if (error.code == fault)
            return http::Refusal{502, code,
                                 "The file server behind " + std::string(virtual_host) +
                                     std::string(message) +
                                     " The agent's administrator finds the reason in its log.",
                                 "destination_unavailable"};
    return std::nullopt;
}

http::Refusal refusal(const Words& what, std::string_view proxy_error) {
    return {what.status, what.code, std::string(what.message), proxy_error};
}

http::Refusal refused_by_server(ssh::SftpFault fault, std::string_view virtual_host) {
    const auto system = "The file server behind " + std::string(virtual_host);
    switch (fault) {
        case ssh::SftpFault::no_such_file:
            return refusal(words[0], {});
        case ssh::SftpFault::permission_denied:
            return {403, "file_forbidden", system + " does not permit this.", {}};
        case ssh::SftpFault::unsupported:
            return {501, "file_server_unable", system + " cannot do this.", {}};
        default:
            return {502, "file_server_failed",
                    system + " could not do this. The agent's log has what it said.",
                    "http_protocol_error"};
    }
}

}  // namespace

const boost::system::error_category& file_category() {
    static const FileCategory instance;
    return instance;
}

std::optional<http::Refusal> file_refusal(const Error& error, std::string_view virtual_host) {
    if (error.code.category() == ssh::sftp_category())
        return refused_by_server(static_cast<ssh::SftpFault>(error.code.value()), virtual_host);
    if (error.code.category() != file_category()) return server_missing(error, virtual_host);
    const auto& what = words.at(static_cast<std::size_t>(error.code.value() - 1));
    auto told = refusal(what, what.status == 403 ? denied : std::string_view());
    if (error.code == FileFault::bad_content) told.message += ' ' + error.detail + '.';
    return told;
}

}  // namespace sallyport::agent
