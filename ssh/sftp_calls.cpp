// One request of an SftpClient each, until its answer.
#include "base/error.hpp"
#include "ssh/sftp_client.hpp"
#include "ssh/sftp_fault.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::ssh {
namespace {

constexpr std::size_t message_bytes_max = 200;

Error unexpected() { return {Errc::protocol, "the SFTP server gave an answer of another kind"}; }

}  // namespace

/// What a server said to one request, kept for the coroutine that asked.
struct SftpClient::Answer final : SftpReceiver {
    explicit Answer(SftpClient& c) : client(c) {}
    ~Answer() {
        if (!here) client.forget(*this);
    }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;

    Result<void> on_reply(const SftpReply& reply) override {
        here = true;
        type = reply.type;
        status = reply.status;
        text = reply.text;
        attributes = reply.attributes;
        entries.reserve(reply.names.size());
        for (const auto& [name, facts] : reply.names) entries.push_back({std::string(name), facts});
        return {};
    }

    Error error() const {
        if (type != SftpType::status || status == 0) return unexpected();
        std::string message = text.substr(0, message_bytes_max);
        std::ranges::replace_if(
            message, [](char c) { return c < ' ' || c > '~'; }, '?');
        const auto fault = status > 8 ? SftpFault::failure : static_cast<SftpFault>(status);
        return {fault, std::move(message)};
    }

    SftpClient& client;
    bool here = false;
    SftpType type = SftpType::status;
    std::uint32_t status = 0;
    std::string text;
    SftpAttributes attributes;
    std::vector<SftpEntry> entries;
};

net::Task<Result<void>> SftpClient::wait_for(Answer& answer) {
    while (true) {
        if (auto received = receive(); !received && !answer.here) co_return received.error();
        if (answer.here) co_return Result<void>();
        if (auto good = user_->may_go_on(); !good) co_return good.error();
        co_await user_->event().wait();
    }
}

net::Task<Result<void>> SftpClient::wait_until_done(Answer& answer) {
    if (auto came = co_await wait_for(answer); !came) co_return came.error();
    if (answer.type != SftpType::status || answer.status != 0) co_return answer.error();
    co_return Result<void>();
}

net::Task<Result<std::string>> SftpClient::wait_for_handle(Answer& answer) {
    if (auto came = co_await wait_for(answer); !came) co_return came.error();
    if (answer.type != SftpType::handle) co_return answer.error();
    co_return std::move(answer.text);
}

net::Task<Result<SftpAttributes>> SftpClient::wait_for_attributes(Answer& answer) {
    if (auto came = co_await wait_for(answer); !came) co_return came.error();
    if (answer.type != SftpType::attributes) co_return answer.error();
    co_return answer.attributes;
}

net::Task<Result<std::string>> SftpClient::realpath(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::realpath, expect(&answer)).text(path);
    if (auto came = co_await wait_for(answer); !came) co_return came.error();
    if (answer.type != SftpType::name || answer.entries.size() != 1) co_return answer.error();
    auto real = std::move(answer.entries.front().name);
    if (!real.starts_with('/') || real.size() > sftp_path_bytes_max) co_return unexpected();
    co_return real;
}

net::Task<Result<SftpAttributes>> SftpClient::lstat(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::lstat, expect(&answer)).text(path);
    co_return co_await wait_for_attributes(answer);
}

net::Task<Result<SftpAttributes>> SftpClient::fstat(std::string_view handle) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::fstat, expect(&answer)).text(handle);
    co_return co_await wait_for_attributes(answer);
}

net::Task<Result<std::string>> SftpClient::open_file(std::string_view path, std::uint32_t flags,
                                                     std::optional<std::uint32_t> mode) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::open, expect(&answer, true))
        .text(path)
        .number(flags)
        .permissions(mode);
    co_return co_await wait_for_handle(answer);
}

net::Task<Result<std::string>> SftpClient::open_folder(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::opendir, expect(&answer, true)).text(path);
    co_return co_await wait_for_handle(answer);
}

net::Task<Result<std::vector<SftpEntry>>> SftpClient::read_folder(std::string_view handle) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::readdir, expect(&answer)).text(handle);
    if (auto came = co_await wait_for(answer); !came) co_return came.error();
    if (answer.type == SftpType::name && !answer.entries.empty())
        co_return std::move(answer.entries);
    const auto error = answer.error();
    if (error.code == SftpFault::end_of_file) co_return std::vector<SftpEntry>();
    co_return error;
}

net::Task<Result<void>> SftpClient::set_permissions(std::string_view handle, std::uint32_t mode) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::fsetstat, expect(&answer)).text(handle).permissions(mode);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::sync(std::string_view handle) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::extended, expect(&answer)).text("fsync@openssh.com").text(handle);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::close(std::string_view handle) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::close, expect(&answer)).text(handle);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::remove(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::remove, expect(&answer)).text(path);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::make_folder(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::mkdir, expect(&answer)).text(path).permissions(std::nullopt);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::remove_folder(std::string_view path) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::rmdir, expect(&answer)).text(path);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::rename(std::string_view from, std::string_view to) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::rename, expect(&answer)).text(from).text(to);
    co_return co_await wait_until_done(answer);
}

net::Task<Result<void>> SftpClient::posix_rename(std::string_view from, std::string_view to) {
    Answer answer(*this);
    SftpRequest(out_, SftpType::extended, expect(&answer))
        .text("posix-rename@openssh.com")
        .text(from)
        .text(to);
    co_return co_await wait_until_done(answer);
}

}  // namespace sallyport::ssh
