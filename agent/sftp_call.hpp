#pragma once

#include "agent/file_conditions.hpp"
#include "agent/file_operation.hpp"
#include "agent/sftp_watch.hpp"
#include "http/service.hpp"
#include "mappings/rule.hpp"
#include "net/loop.hpp"
#include "ssh/sftp_client.hpp"

#include <optional>
#include <span>
#include <string>

namespace sallyport::agent {

/// One operation on one channel, and all that it needs.
struct SftpCall {
    net::Loop& loop;
    ssh::SftpClient& client;
    SftpWatch& watch;
    const FileOperation& operation;
    const mappings::Rule& rule;              // that allows it
    const mappings::Rule* destination_rule;  // of a move
    std::span<const mappings::Rule> rules;   // all of the mapping
    const std::string& base;                 // the exposed folder, as configured
    const http::RequestHead& head;
    http::Body& up;
    http::Answer& down;
    std::string real_base{};  // as the server names it, once it was asked
};

/// Does it and answers. Errors: FileFault and ssh::SftpFault, which the caller tells, where nothing
/// was answered yet; Errc::aborted, timed_out, cut, protocol.
net::Task<Result<void>> serve_operation(SftpCall& call);

net::Task<Result<void>> get_file(SftpCall& call);
net::Task<Result<void>> list_folder(SftpCall& call);
net::Task<Result<void>> put_file(SftpCall& call);
net::Task<Result<void>> move_file(SftpCall& call);
net::Task<Result<void>> remove_file(SftpCall& call);
net::Task<Result<void>> remove_folder(SftpCall& call);
net::Task<Result<void>> make_folder(SftpCall& call);

/// An answer without a body.
void answer_empty(http::Answer& down, int status, http::Fields fields = {});
/// 304 or 412 where conditions say so: FileFault::precondition, or true for "answered".
Result<bool> answer_conditions(SftpCall& call, Access access,
                               const std::optional<FileVersion>& version);

/// A handle of the server that is closed in any case.
class SftpHandle {
public:
    SftpHandle(ssh::SftpClient& client, std::string handle)
        : client_(client), handle_(std::move(handle)) {}
    ~SftpHandle() {
        if (!handle_.empty()) client_.close_later(handle_);
    }
    SftpHandle(const SftpHandle&) = delete;
    SftpHandle& operator=(const SftpHandle&) = delete;
    const std::string& text() const { return handle_; }

private:
    ssh::SftpClient& client_;
    std::string handle_;
};

}  // namespace sallyport::agent
