#include "daemon/certificate_check.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

TEST(CertificateCheck, JudgesWhatAProgramShows) {
    const test::TestPki pki;
    const std::vector<std::string> names{"hub.test", "*.hub.test"};
    const auto of = [&](const test::Held& held, std::span<const std::string> wanted) {
        return judge_shown(held.certificate, wanted, "get another one", pki.now());
    };
    auto long_lived = pki.hub_content(names);
    long_lived.not_after = pki.now() + std::chrono::days(90);
    EXPECT_EQ(of(pki.issue(long_lived), names).verdict, Verdict::good);
    EXPECT_EQ(of(pki.hub(names), names).verdict, Verdict::warning);  // ends soon
    EXPECT_THAT(of(pki.hub({"hub.test"}), names).seen, HasSubstr("not for *.hub.test"));
    const auto expired = of(pki.expired_hub(), {});
    EXPECT_EQ(expired.verdict, Verdict::failed);
    EXPECT_EQ(expired.remedy, "get another one");
}

TEST(CertificateCheck, ReadsTheOneOfAdminListen) {
    const test::TestPki pki;
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "admin.pem";
    const auto missing = look_at_admin_certificate(file, "sallyport", pki.now());
    EXPECT_EQ(missing.judged.verdict, Verdict::failed);
    EXPECT_THAT(missing.judged.seen, HasSubstr("admin.pem"));
    std::ofstream(file) << pki.expired_hub().certificate_pem();
    const auto expired = look_at_admin_certificate(file, "sallyport-hub", pki.now());
    EXPECT_EQ(expired.judged.verdict, Verdict::failed);
    EXPECT_THAT(expired.judged.remedy, HasSubstr("sallyport-hub reload"));
}

}  // namespace
}  // namespace sallyport::daemon
