#pragma once

#include "audit/segment.hpp"
#include "certs/sha256.hpp"
#include "forward/forwarding.hpp"
#include "forward/segment_upload.hpp"
#include "net/deadline.hpp"
#include "ssh/credentials.hpp"
#include "ssh/sftp_client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::forward {

ssh::Credentials::Files ssh_files(const Settings& settings);

/// Puts each segment of the log that is finished to a file server, oldest first, with its
/// checkpoints, into a folder of this log: another one that begins in its place has segments of the
/// same names. The cursor says where the segment begins that is next, and its digest in which log.
class SegmentSender final : public Forwarding {
public:
    static constexpr std::chrono::seconds connect_time{15};

    SegmentSender(Wiring wiring, Settings settings)
        : Forwarding(std::move(wiring), std::move(settings)) {}

private:
    net::Task<Result<void>> deliver() override;
    void give_up() override;
    net::Task<void> finish() override;
    void keep_cursor() override {}  // each segment has

    Result<void> prepare();
    /// What there is.
    struct Look {
        std::string origin{};  // name of the log; empty if it has no keys
        std::vector<audit::Segment> segments{};
        audit::Sequence unsealed = 0;  // segments from this one on are not finished
    };
    static Result<Look> look_at(const std::filesystem::path& folder);
    net::Task<Result<Look>> look();
    struct Next {
        std::string origin{};
        audit::Segment segment{};
        audit::Sequence behind = 0;  // first record of the one after it
    };
    std::optional<Next> next(const Look& there);
    net::Task<Result<void>> send(Next next);
    net::Task<Result<void>> check_log(std::string_view origin);
    net::Task<Result<void>> connect();
    net::Task<Result<void>> keep();
    std::vector<std::filesystem::path> files_of(const audit::Segment& segment) const;

    bool began_ = false;
    audit::Sequence next_ = 0;
    certs::Sha256 log_{};  // of the origin of the one that `next_` is of; zeros: not known
    std::optional<UploadWatch> watch_;  // outlives the client that knows it
    std::unique_ptr<ssh::SftpClient> client_;
};

}  // namespace sallyport::forward
