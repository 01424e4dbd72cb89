#include "agent/sftp_watch.hpp"

#include "base/error.hpp"

namespace sallyport::agent {

SftpWatch::SftpWatch(net::IdleSweep& sweep, http::Answer& down, Times times)
    : sweep_(sweep), down_(down), times_(times) {
    sweep_.add(*this, net::deadline_in(times_.response_timeout));
}

Result<void> SftpWatch::may_go_on() const {
    if (down_.aborted()) return Error{Errc::aborted, "the caller went away"};
    if (!expired_) return {};
    return Error{Errc::timed_out, down_.started() ? "the transfer stood still"
                                                  : "the file server did not answer in time"};
}

void SftpWatch::on_deadline() {
    const auto progress = client_ == nullptr ? 0 : client_->progress();
    const bool first_look = down_.started() && !stall_counted_;
    if (progress == progress_ && !first_look) {
        expired_ = true;
        return down_.event().set();
    }
    progress_ = progress;
    stall_counted_ = down_.started();
    sweep_.add(*this,
               net::deadline_in(down_.started() ? times_.stall_timeout : times_.response_timeout));
}

}  // namespace sallyport::agent
