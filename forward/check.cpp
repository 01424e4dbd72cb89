#include "forward/check.hpp"

#include "forward/segment_sender.hpp"
#include "forward/syslog_target.hpp"

namespace sallyport::forward {

Result<void> check_files(const Settings& settings) {
    if (settings.kind == Kind::syslog)
        if (const auto trust = syslog_trust(settings); !trust) return trust.error();
    if (settings.kind == Kind::sftp)
        if (const auto login = ssh::Credentials::load(ssh_files(settings)); !login)
            return login.error();
    return {};
}

}  // namespace sallyport::forward
