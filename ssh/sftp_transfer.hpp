#pragma once

#include "ssh/sftp_client.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::ssh {

/// What servers surely take and give at once.
inline constexpr std::uint32_t sftp_chunk_bytes = 32 * 1024;
/// Requests of one transfer under way: with chunks of that size 2 MiB.
inline constexpr std::size_t sftp_transfer_requests_max = 64;

/// A part of an open file, in order, read ahead: first a little, then, while its reader keeps up,
/// as much as is allowed. Memory: the chunks that were asked for and not consumed.
class SftpDownload final : private SftpReceiver {
public:
    SftpDownload(SftpClient& client, std::string handle, std::uint64_t offset, std::uint64_t bytes);
    ~SftpDownload() { client_.forget(*this); }
    SftpDownload(const SftpDownload&) = delete;
    SftpDownload& operator=(const SftpDownload&) = delete;

    /// Asks for more as far as it may, and shows what is at hand; empty: none now, or done().
    /// Errors: SftpFault; Errc::cut: the file ended before its end.
    Result<BytesView> peek();
    void consume(std::size_t bytes);
    bool done() const { return consumed_ == bytes_; }

private:
    struct Chunk {
        std::uint64_t offset = 0;
        std::size_t wanted = 0;
        std::optional<std::uint32_t> request;  // nothing: the rest is to be asked for
        std::string data;
        std::size_t used = 0;
    };
    void ask();
    void send(Chunk& chunk);
    Result<void> on_reply(const SftpReply& reply) override;

    SftpClient& client_;
    const std::string handle_;
    std::uint64_t next_;  // offset of the next chunk
    const std::uint64_t end_;
    const std::uint64_t bytes_;
    std::uint64_t consumed_ = 0;
    std::size_t window_;
    std::deque<Chunk> chunks_;
    std::vector<std::string> spare_;  // buffers of consumed chunks
    std::optional<Error> error_;
};

/// Writes an open file from its start.
class SftpUpload final : private SftpReceiver {
public:
    SftpUpload(SftpClient& client, std::string handle)
        : client_(client), handle_(std::move(handle)) {}
    ~SftpUpload() { client_.forget(*this); }
    SftpUpload(const SftpUpload&) = delete;
    SftpUpload& operator=(const SftpUpload&) = delete;

    /// Takes a prefix and says how much; 0: no room now, the user's event is set when there is.
    /// Errors: SftpFault, of any write before.
    Result<std::size_t> write(BytesView bytes);
    /// When no more comes: sends the rest, and says whether the server has acknowledged everything.
    Result<bool> complete();
    std::uint64_t bytes() const { return offset_ + chunk_.size(); }

private:
    void send_chunk();
    Result<void> on_reply(const SftpReply& reply) override;

    SftpClient& client_;
    const std::string handle_;
    std::string chunk_;
    std::uint64_t offset_ = 0;  // of the chunk
    std::size_t unanswered_ = 0;
    std::optional<Error> error_;
};

}  // namespace sallyport::ssh
