#pragma once

#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"
#include "ssh/sftp_packet.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::ssh {

/// On whose behalf a client works at the moment.
class SftpUser {
public:
    /// Set when an answer may be there, or room for a request.
    virtual net::Event& event() = 0;
    /// An error ends what waits: the user has gone, or a deadline has passed.
    virtual Result<void> may_go_on() const = 0;

protected:
    ~SftpUser() = default;
};

/// Gets the answers to requests. Destroying one forgets them.
class SftpReceiver {
public:
    /// The reply is views, valid during the call. Errors end the client.
    virtual Result<void> on_reply(const SftpReply& reply) = 0;

protected:
    ~SftpReceiver() = default;
};

/// Told of a client that nobody uses.
class SftpOwner {
public:
    virtual void on_lost() = 0;
    /// Nothing is unanswered any more. May be told again.
    virtual void on_answered() = 0;

protected:
    ~SftpOwner() = default;
};

struct SftpEntry {
    std::string name;
    SftpAttributes attributes;
};

/// One SFTP session over one channel, used by one exchange at a time, which may have many requests
/// under way. A server that answers what was not asked, or more than was asked for, ends it. What
/// nobody waits for any more is taken and dropped when it comes; a handle among it is closed.
class SftpClient final : private net::Ready, private net::EndOfTurn {
public:
    static constexpr std::size_t requests_max = 256;  // without an answer yet
    static constexpr std::size_t queued_bytes_max = 512 * 1024;

    /// Attaches the channel (connected, not attached) and says hello.
    /// Errors: Errc::timed_out, cut, protocol, unsupported.
    static net::Task<Result<std::unique_ptr<SftpClient>>> open(net::Loop& loop,
                                                               std::unique_ptr<net::Duplex> channel,
                                                               net::Deadline deadline);
    ~SftpClient();
    SftpClient(const SftpClient&) = delete;
    SftpClient& operator=(const SftpClient&) = delete;

    void use(SftpUser& user);
    /// Nobody uses it from here on: late answers are still dropped.
    void rest(SftpOwner& owner);

    bool has_posix_rename() const { return version_.posix_rename; }
    bool has_fsync() const { return version_.fsync; }

    // One request each, until its answer. Errors: SftpFault; what the user says; Errc::cut and
    // protocol, after which the client is of no use.
    net::Task<Result<std::string>> realpath(std::string_view path);
    net::Task<Result<SftpAttributes>> lstat(std::string_view path);
    net::Task<Result<SftpAttributes>> fstat(std::string_view handle);
    /// `mode`: permissions of a new file; nothing: as the server does it.
    net::Task<Result<std::string>> open_file(std::string_view path, std::uint32_t flags,
                                             std::optional<std::uint32_t> mode = {});
    net::Task<Result<std::string>> open_folder(std::string_view path);
    /// Empty at the end.
    net::Task<Result<std::vector<SftpEntry>>> read_folder(std::string_view handle);
    net::Task<Result<void>> set_permissions(std::string_view handle, std::uint32_t mode);
    net::Task<Result<void>> sync(std::string_view handle);
    net::Task<Result<void>> close(std::string_view handle);
    net::Task<Result<void>> remove(std::string_view path);
    net::Task<Result<void>> make_folder(std::string_view path);
    net::Task<Result<void>> remove_folder(std::string_view path);
    /// Fails where `to` exists.
    net::Task<Result<void>> rename(std::string_view from, std::string_view to);
    /// Replaces `to`. Only with has_posix_rename().
    net::Task<Result<void>> posix_rename(std::string_view from, std::string_view to);

    // Nobody waits for these: what is left to do when somebody gave up.
    void close_later(std::string_view handle);
    void remove_later(std::string_view path);

    // For transfers: many at once.
    std::uint32_t send_read(SftpReceiver& to, std::string_view handle, std::uint64_t offset,
                            std::uint32_t bytes);
    std::uint32_t send_write(SftpReceiver& to, std::string_view handle, std::uint64_t offset,
                             BytesView bytes);
    /// Whether another request may be sent; if not, the user's event is set when it may.
    bool room();
    /// Takes what has arrived; receivers are called from here only.
    Result<void> receive();
    void forget(const SftpReceiver& receiver);

    std::size_t unanswered() const { return pending_.size(); }
    bool failed() const { return failure_.has_value(); }
    /// Bytes that moved on the channel, ever.
    std::uint64_t progress() const { return received_ + sent_; }

private:
    struct Answer;
    struct Pending {
        SftpReceiver* to = nullptr;  // null: nobody waits
        bool opens = false;          // its answer may be a handle
        std::uint64_t begins = 0;    // where it begins among all that is sent
    };

    SftpClient(net::Loop& loop, std::unique_ptr<net::Duplex> channel);
    net::Task<Result<void>> say_hello(net::Event& event);
    net::Task<Result<void>> wait_for(Answer& answer);
    net::Task<Result<void>> wait_until_done(Answer& answer);
    net::Task<Result<std::string>> wait_for_handle(Answer& answer);
    net::Task<Result<SftpAttributes>> wait_for_attributes(Answer& answer);
    std::uint32_t expect(SftpReceiver* to, bool opens = false);
    void send();
    void flush();
    void tell_user();
    Result<void> dispatch(BytesView packet);
    Result<void> take_packets();
    Error fail(Error why);
    void on_ready() override;
    void end_of_turn() override;

    net::Loop& loop_;
    std::unique_ptr<net::Duplex> channel_;
    SftpUser* user_ = nullptr;
    SftpOwner* owner_ = nullptr;
    net::Event* hello_ = nullptr;
    SftpVersion version_;
    bool greeted_ = false;
    bool receives_again_ = false;
    bool wants_room_ = false;
    std::optional<Error> failure_;
    std::uint32_t next_id_ = 0;
    std::unordered_map<std::uint32_t, Pending> pending_;
    std::unique_ptr<std::byte[]> in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::string out_;
    std::size_t out_sent_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace sallyport::ssh
