#include "agent/certificate_record.hpp"

#include "audit/clock.hpp"
#include "base/bytes.hpp"
#include "base/file.hpp"

namespace sallyport::agent {

Result<void> record_certificate(audit::Log& log, const certs::Certificate& certificate,
                                std::string_view purpose, const std::filesystem::path& file) {
    const auto hash = to_hex(certificate.fingerprint());
    constexpr std::size_t line_bytes = 65;  // whatever is longer is not ours
    const auto told = read_file(file, line_bytes);
    if (told && *told == hash + "\n") return {};
    const auto subject = certificate.subject();
    const auto issuer = certificate.issuer();
    const auto serial = certificate.serial();
    const auto not_after =
        audit::to_rfc3339(std::chrono::floor<std::chrono::microseconds>(certificate.not_after()));
    const auto sequence = log.append(audit::CertificateEnrolled{.purpose = purpose,
                                                                .subject = subject,
                                                                .issuer = issuer,
                                                                .serial = serial,
                                                                .not_after = not_after,
                                                                .sha256 = hash});
    // Left out by the level, or the log has failed: told when it takes records again.
    if (sequence == audit::not_recorded) return {};
    if (auto written = log.write(); !written) return written;
    return replace_file(file, hash + "\n", 0600);
}

}  // namespace sallyport::agent
