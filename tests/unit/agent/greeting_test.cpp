#include "agent/greeting.hpp"

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace sallyport::agent {
namespace {

using mappings::Protocol;
using State = Greeting::State;
using testing::HasSubstr;

struct Case {
    Protocol protocol;
    std::string said;
    State state;
    std::string text;
};

const std::string ni_pong("\0\0\0\x08NI_PONG\0", 12);
const std::string ldap_done("\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00", 14);
const std::string ldap_entry("\x30\x09\x02\x01\x01\x64\x04\x04\x00\x30\x00", 11);
const std::string ldap_wide("\x30\x84\x00\x00\x00\x09\x02\x01\x01\x64\x04\x04\x00\x30\x00", 15);
const std::string ldap_disconnection("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x02\x04\x00\x04\x00",
                                     14);

TEST(Greeting, IsReadInTheWordsOfEachProtocol) {
    const std::vector<Case> cases = {
        {Protocol::smtp, "220 mail.corp ESMTP\r\n", State::good, "220 mail.corp ESMTP"},
        {Protocol::smtp, "220-mail.corp\r\n220 hello\r\n", State::good, "220-mail.corp"},
        {Protocol::smtp, "554 no service\r\n", State::wrong, "takes no connections now"},
        {Protocol::smtp, "421 too many\r\n", State::wrong, "takes no connections now"},
        {Protocol::smtp, "* OK imap\r\n", State::wrong, "it said \"* OK imap\""},
        {Protocol::imap, "* OK [CAPABILITY IMAP4rev1] ready\r\n", State::good, "ready"},
        {Protocol::imap, "* PREAUTH hello\r\n", State::good, "PREAUTH"},
        {Protocol::imap, "* BYE overloaded\r\n", State::wrong, "takes no connections now"},
        {Protocol::imap, "+OK pop\r\n", State::wrong, "it said \"+OK pop\""},
        {Protocol::pop3, "+OK ready <1@x>\r\n", State::good, "+OK ready"},
        {Protocol::pop3, "-ERR later\r\n", State::wrong, "takes no connections now"},
        {Protocol::pop3, "220 ftp\r\n", State::wrong, "it said \"220 ftp\""},
        {Protocol::sftp, "SSH-2.0-OpenSSH_9.2\r\n", State::good, "SSH-2.0-OpenSSH_9.2"},
        {Protocol::sftp, "hello\r\nSSH-1.99-x\r\n", State::good, "SSH-1.99-x"},
        {Protocol::sftp, "SSH-1.5-old\r\n", State::wrong, "SSH-1.5-old"},
        {Protocol::rfc, ni_pong, State::good, "answers NI_PING"},
        {Protocol::rfc, std::string("\0\0\0\x0fNI_RTERR\0......", 19), State::wrong,
         "it is a SAProuter"},
        {Protocol::rfc, "HTTP/1.1 400 Bad Request\r\n", State::wrong, "HTTP/1.1 400"},
        {Protocol::ldap, ldap_done, State::good, "answers a search"},
        {Protocol::ldaps, ldap_entry, State::good, "answers a search"},
        {Protocol::ldap, ldap_wide, State::good, "answers a search"},
        {Protocol::ldap, ldap_disconnection, State::wrong, "it said"},
        {Protocol::ldap, "HTTP/1.1 400 Bad Request\r\n", State::wrong, "HTTP/1.1 400"},
        {Protocol::ldap, std::string("\x15\x03\x01\x00\x02\x02\x50", 7), State::wrong,
         "expects TLS from the first byte"},
    };
    for (const auto& [protocol, said, state, text] : cases) {
        const auto greeting = read_greeting(protocol, as_bytes(said), false);
        EXPECT_EQ(greeting.state, state) << said;
        EXPECT_THAT(greeting.text, HasSubstr(text)) << said;
    }
}

TEST(Greeting, WaitsForTheRestOfAGoodOne) {
    const std::vector<Case> cases = {
        {Protocol::smtp, "220 mail.corp ESMTP\r\n", State::good, {}},
        {Protocol::imap, "* OK ready\r\n", State::good, {}},
        {Protocol::imap, "* PREAUTH ready\r\n", State::good, {}},
        {Protocol::imap, "* BYE later\r\n", State::wrong, {}},
        {Protocol::pop3, "+OK ready\r\n", State::good, {}},
        {Protocol::sftp, "note\r\nSSH-2.0-x\r\n", State::good, {}},
        {Protocol::rfc, ni_pong, State::good, {}},
        {Protocol::ldap, ldap_entry.substr(0, 7), State::good, {}},
    };
    for (const auto& [protocol, said, state, text] : cases) {
        for (std::size_t seen = 0; seen < said.size(); ++seen) {
            const auto part = std::string_view(said).substr(0, seen);
            EXPECT_EQ(read_greeting(protocol, as_bytes(part), false).state, State::needs_more)
                << part;
            EXPECT_EQ(read_greeting(protocol, as_bytes(part), true).state, State::wrong) << part;
        }
        EXPECT_EQ(read_greeting(protocol, as_bytes(said), false).state, state) << said;
    }
}

TEST(Greeting, EndsWhereNoEndComes) {
    for (const auto protocol : {Protocol::smtp, Protocol::imap, Protocol::pop3, Protocol::sftp}) {
        const std::string start = protocol == Protocol::smtp   ? "220 "
                                  : protocol == Protocol::imap ? "* OK "
                                  : protocol == Protocol::pop3 ? "+OK "
                                                               : "SSH-2.0-";
        const auto endless = start + std::string(greeting_bytes_max, 'x');
        EXPECT_EQ(read_greeting(protocol, as_bytes(endless), false).state, State::wrong);
    }
}

TEST(Greeting, OfADirectoryIsAnAnswerToAQuestionThatChangesNothing) {
    const auto question = greeting_question(Protocol::ldap);
    EXPECT_EQ(to_hex(question),
              "302a0201016325"
              "04000a01000a0100020101020105010100"
              "870b6f626a656374436c617373"
              "30050403312e31");
    EXPECT_TRUE(greeting_question(Protocol::smtp).empty());
    EXPECT_FALSE(has_greeting(Protocol::https));
    EXPECT_FALSE(has_greeting(Protocol::tcp));
}

TEST(Greeting, QuotesNothingThatATerminalWouldObey) {
    const auto greeting = read_greeting(Protocol::smtp, as_bytes("\x1b[2Jhello\n"), false);
    EXPECT_EQ(greeting.text, "it said \"?[2Jhello\"");
}

}  // namespace
}  // namespace sallyport::agent
