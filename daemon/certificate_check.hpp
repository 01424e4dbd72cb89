// What `doctor` says of certificates that a program shows.
#pragma once

#include "certs/certificate.hpp"
#include "daemon/finding.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// A certificate in a file.
struct ShownFile {
    std::string id;     // of the finding
    std::string title;  // likewise
    std::filesystem::path file;
    std::span<const std::string> names{};  // it is chosen for; empty: not looked at
    std::string remedy{};                  // once it ends
};
/// Reads it, and judges the first certificate in it.
Finding look_at_shown(const ShownFile& shown, certs::Time now);
/// The one that `admin_listen` shows. `program` is what reloads it: "sallyport-hub".
Finding look_at_admin_certificate(const std::filesystem::path& file, std::string_view program,
                                  certs::Time now);

/// What there is to do about one that an administrator brings.
std::string renew_by_hand(std::string_view program);

/// `names`: that it is chosen for; empty: not looked at. Pure.
Judgement judge_shown(const certs::Certificate& certificate, std::span<const std::string> names,
                      std::string_view remedy, certs::Time now);

}  // namespace sallyport::daemon
