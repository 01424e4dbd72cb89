#include "daemon/forward_config.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

struct Read {
    std::vector<forward::Settings> all;
    std::string problems;
};

Read read(const std::string& keys) {
    ConfigProblems problems;
    auto document = read_config("[[audit.forward]]\nname = \"siem\"\n" + keys, "f", problems);
    auto audit = document.table("audit");
    auto all = read_forwarders(audit);
    return {std::move(all), problems.text()};
}

TEST(ForwardConfig, ReadsASyslogReceiver) {
    const auto read_now = read("url = \"syslog+tls://siem.corp:7000\"\nca_file = \"/ca\"\n");
    EXPECT_EQ(read_now.problems, "");
    ASSERT_EQ(read_now.all.size(), 1U);
    const auto& siem = read_now.all.front();
    EXPECT_EQ(siem.host, "siem.corp");
    EXPECT_EQ(siem.port, 7000);
    EXPECT_EQ(siem.begin, forward::Begin::end);
    EXPECT_EQ(siem.events, std::vector<std::string>{"*"});
    EXPECT_FALSE(siem.personal);
}

TEST(ForwardConfig, PortOfSyslogOverTlsNeedNotBeSaid) {  // RFC 5425 section 4.1
    for (const auto* host : {"siem.corp", "[2001:db8::1]"}) {
        const auto read_now =
            read("url = \"syslog+tls://" + std::string(host) + "\"\nca_file = \"/ca\"\n");
        EXPECT_EQ(read_now.problems, "");
        EXPECT_EQ(read_now.all.front().port, 6514);
    }
}

TEST(ForwardConfig, ReadsTheOtherKinds) {
    const auto file = read("kind = \"file\"\npath = \"/f\"\nsize_max = 2000000\nformat = \"cef\"");
    EXPECT_EQ(file.problems, "");
    EXPECT_EQ(file.all.front().size_max, 2'000'000U);
    const auto journal = read("kind = \"journald\"\npersonal = true\n");
    EXPECT_EQ(journal.problems, "");
    EXPECT_EQ(journal.all.front().path, forward::journal_socket_default);
    const auto sftp = read(
        "kind = \"sftp\"\nurl = \"sftp://log@files.corp/audit\"\n"
        "key_file = \"/k\"\nknown_hosts_file = \"/h\"\n");
    EXPECT_EQ(sftp.problems, "");
    EXPECT_EQ(sftp.all.front().user, "log");
    EXPECT_EQ(sftp.all.front().port, 22);
    EXPECT_EQ(sftp.all.front().folder, "/audit");
}

TEST(ForwardConfig, SaysWhatIsWrong) {
    for (const auto* keys : {
             "url = \"https://siem.corp\"\nca_file = \"/ca\"\n",
             "url = \"syslog+tls://user@siem.corp\"\nca_file = \"/ca\"\n",
             "url = \"syslog+tls://siem.corp\"\n",
             "url = \"syslog+tls://siem.corp\"\nca_file = \"/ca\"\ncertificate_file = \"/c\"\n",
             "kind = \"file\"\n",
             "kind = \"file\"\npath = \"/f\"\nsize_max = 10\n",
             "kind = \"journald\"\nevents = []\n",
             "kind = \"journald\"\nfrmat = \"cef\"\n",
             "kind = \"sftp\"\nurl = \"sftp://log@files.corp/audit\"\n",
             "kind = \"journald\"\n[[audit.forward]]\nname = \"siem\"\nkind = \"journald\"\n",
             "kind = \"journald\"\n[[audit.forward]]\nname = \"../x\"\nkind = \"journald\"\n",
         })
        EXPECT_NE(read(keys).problems, "") << keys;
}

}  // namespace
}  // namespace sallyport::daemon
