#include "ssh/sftp_transfer.hpp"

#include "base/error.hpp"
#include "ssh/sftp_fault.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::ssh {
namespace {

constexpr std::size_t first_window = 8;  // a small file is not asked for beyond its end

Error error_of(const SftpReply& reply) {
    if (reply.type != SftpType::status || reply.status == 0)
        return {Errc::protocol, "the SFTP server gave an answer of another kind"};
    const auto fault = reply.status > 8 ? SftpFault::failure : static_cast<SftpFault>(reply.status);
    if (fault == SftpFault::end_of_file)
        return {Errc::cut, "the file became shorter while it was read"};
    return {fault, "in the middle of a transfer"};
}

}  // namespace

SftpDownload::SftpDownload(SftpClient& client, std::string handle, std::uint64_t offset,
                           std::uint64_t bytes)
    : client_(client),
      handle_(std::move(handle)),
      next_(offset),
      end_(offset + bytes),
      bytes_(bytes),
      window_(first_window) {}

void SftpDownload::send(Chunk& chunk) {
    chunk.request = client_.send_read(*this, handle_, chunk.offset + chunk.data.size(),
                                      static_cast<std::uint32_t>(chunk.wanted - chunk.data.size()));
}

void SftpDownload::ask() {
    // What was answered in part comes first. A server that gives single bytes waits as well.
    for (auto& chunk : chunks_) {
        if (chunk.request) continue;
        if (!client_.room()) return;
        send(chunk);
    }
    while (chunks_.size() < window_ && next_ < end_ && client_.room()) {
        auto& chunk = chunks_.emplace_back();
        chunk.offset = next_;
        chunk.wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(end_ - next_, sftp_chunk_bytes));
        if (!spare_.empty()) {
            chunk.data = std::move(spare_.back());
            spare_.pop_back();
        }
        next_ += chunk.wanted;
        send(chunk);
    }
}

Result<BytesView> SftpDownload::peek() {
    ask();
    if (chunks_.empty()) return BytesView();
    const auto& front = chunks_.front();
    if (front.data.size() > front.used)
        return as_bytes(std::string_view(front.data).substr(front.used));
    if (error_) return *error_;
    return BytesView();
}

void SftpDownload::consume(std::size_t bytes) {
    auto& front = chunks_.front();
    front.used += bytes;
    consumed_ += bytes;
    if (front.used < front.wanted) return;
    front.data.clear();
    spare_.push_back(std::move(front.data));
    chunks_.pop_front();
    window_ = std::min(window_ + 2, sftp_transfer_requests_max);
}

Result<void> SftpDownload::on_reply(const SftpReply& reply) {
    const auto found = std::ranges::find_if(chunks_, [&](const Chunk& chunk) {
        return chunk.request == reply.id && chunk.data.size() < chunk.wanted;
    });
    if (found == chunks_.end())
        return Error{Errc::protocol, "the SFTP server answered a read twice"};
    if (reply.type != SftpType::data) {
        if (!error_) error_ = error_of(reply);
        return {};
    }
    if (reply.data.empty() || reply.data.size() > found->wanted - found->data.size())
        return Error{Errc::protocol, "the SFTP server sent other data than it was asked for"};
    found->data += as_text(reply.data);
    if (found->data.size() < found->wanted) found->request.reset();
    return {};
}

Result<std::size_t> SftpUpload::write(BytesView bytes) {
    if (error_) return *error_;
    if (chunk_.size() == sftp_chunk_bytes) send_chunk();
    const auto taken = std::min<std::size_t>(bytes.size(), sftp_chunk_bytes - chunk_.size());
    chunk_ += as_text(bytes.first(taken));
    if (chunk_.size() == sftp_chunk_bytes) send_chunk();
    return taken;
}

/// As soon as there is room: an answer frees some, and then the user looks again.
void SftpUpload::send_chunk() {
    if (unanswered_ >= sftp_transfer_requests_max || !client_.room()) return;
    (void)client_.send_write(*this, handle_, offset_, as_bytes(chunk_));
    ++unanswered_;
    offset_ += chunk_.size();
    chunk_.clear();
}

Result<bool> SftpUpload::complete() {
    if (error_) return *error_;
    if (!chunk_.empty()) send_chunk();
    return chunk_.empty() && unanswered_ == 0;
}

Result<void> SftpUpload::on_reply(const SftpReply& reply) {
    --unanswered_;
    const bool good = reply.type == SftpType::status && reply.status == 0;
    if (!good && !error_) error_ = error_of(reply);
    return {};
}

}  // namespace sallyport::ssh
