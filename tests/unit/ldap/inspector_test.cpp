#include "ldap/inspector.hpp"

#include "talk.hpp"
#include "wire.hpp"

#include <gmock/gmock.h>

namespace sallyport::ldap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Policy allowing(std::vector<std::string> operations) { return Policy::of(operations).value(); }

const Policy& watching() {
    static const Policy policy;
    return policy;
}

/// id, response tag and result code of the answer that stands at the end of `bytes`.
std::string answer(int id, int tag, int code, std::string_view diagnostic) {
    using wire::element;
    return wire::message(id, element(tag, element(0x0a, std::string(1, static_cast<char>(code))) +
                                              element(0x04, "") + element(0x04, diagnostic)));
}

TEST(LdapInspector, TellsEveryOperationAndForwardsEveryByte) {
    const auto bytes = wire::simple_bind(1, "cn=admin", "secret") + wire::search(2) + wire::add(3) +
                       wire::modify(4) + wire::remove(5) + wire::abandon(6) +
                       wire::extended(7, "1.3.6.1.4.1.4203.1.11.3") + wire::unbind(8);
    Talk talk(watching());
    talk.client(wire::simple_bind(1, "cn=admin", "secret")).back_end(wire::bind_response(1, 0));
    talk.client(bytes.substr(wire::simple_bind(1, "cn=admin", "secret").size()));
    EXPECT_EQ(talk.to_back_end, bytes);
    EXPECT_THAT(
        talk.events,
        ElementsAre("bind 1 simple \"cn=admin\"", "search 2 as cn=admin", "add 3 as cn=admin",
                    "modify 4 as cn=admin", "delete 5 as cn=admin", "abandon 6 as cn=admin",
                    "extended 7 1.3.6.1.4.1.4203.1.11.3 as cn=admin", "unbind 8 as cn=admin"));
}

TEST(LdapInspector, NeverHoldsMoreThanTheHeadOfAMessage) {
    const auto big = wire::add(2, 3'000'000);
    Talk talk(allowing({"add"}));
    talk.client(big, 1000);
    EXPECT_EQ(talk.to_back_end, big);
    EXPECT_LT(talk.held_bytes_most, 100U);
    EXPECT_THAT(talk.events, ElementsAre("add 2"));
}

TEST(LdapInspector, AnswersWhatThePolicyDoesNotNameAndForwardsNothingOfIt) {
    const auto policy = allowing({"bind", "search"});
    struct Case {
        std::string request;
        int response_tag;
    };
    for (const auto& [request, tag] :
         {Case{wire::add(7, 200'000), 0x69}, Case{wire::modify(7), 0x67},
          Case{wire::remove(7), 0x6b}, Case{wire::extended(7, "1.2.3"), 0x78},
          Case{wire::message(7, wire::element(0x6c, "dn")), 0x6d},
          Case{wire::message(7, wire::element(0x6e, "dn")), 0x6f}}) {
        Talk talk(policy);
        talk.client(request + wire::search(8), 777);
        EXPECT_EQ(talk.to_back_end, wire::search(8));
        EXPECT_EQ(talk.to_client.substr(2, 3), std::string("\x02\x01\x07", 3));
        const auto at = talk.to_client.find(static_cast<char>(tag));
        ASSERT_NE(at, std::string::npos);
        EXPECT_THAT(talk.to_client, HasSubstr(std::string("\x0a\x01\x32", 3)));  // 50
        EXPECT_THAT(talk.to_client, HasSubstr("on ldap.test:389: `operations` of the mapping"));
        EXPECT_EQ(talk.events.size(), 2U);
        EXPECT_THAT(talk.events.front(), HasSubstr(": operation_denied"));
        EXPECT_FALSE(talk.closed);
    }
}

TEST(LdapInspector, DropsARefusedAbandonWithoutAWordAndNeverRefusesAnUnbind) {
    Talk talk(allowing({"search"}));
    talk.client(wire::abandon(3) + wire::unbind(4));
    EXPECT_EQ(talk.to_back_end, wire::unbind(4));
    EXPECT_THAT(talk.to_client, IsEmpty());
    EXPECT_THAT(talk.events, ElementsAre("refused abandon 3: operation_denied", "unbind 4"));
}

TEST(LdapInspector, AnswersBehindTheMessageThatTheBackEndIsInTheMiddleOf) {
    Talk talk(allowing({"search"}));
    talk.client(wire::search(1));
    const auto entry = wire::entry(1, 5000);
    talk.back_end(entry.substr(0, 100)).client(wire::modify(2) + wire::remove(3));
    EXPECT_EQ(talk.to_client, entry.substr(0, 100));
    talk.back_end(entry.substr(100) + wire::search_done(1));
    const auto why = ": `operations` of the mapping does not name it";
    EXPECT_EQ(
        talk.to_client,
        entry +
            answer(2, 0x67, 50, "Sallyport refuses modify on ldap.test:389" + std::string(why)) +
            answer(3, 0x6b, 50, "Sallyport refuses delete on ldap.test:389" + std::string(why)) +
            wire::search_done(1));
}

TEST(LdapInspector, RepeatsNoBytesThatCannotBeShown) {
    Talk talk(allowing({"search"}));
    talk.client(wire::extended(1, "1.2\n\x80.3"));
    EXPECT_THAT(talk.to_client, HasSubstr("extended 1.2??.3 on ldap.test:389"));
}

TEST(LdapInspector, EndsAConnectionWithTooManyRefusedOperationsInTheMiddleOfAnAnswer) {
    Talk talk(allowing({"search"}));
    talk.client(wire::search(1)).back_end(wire::entry(1, 5000).substr(0, 100));
    for (int i = 0; i < 2000 && !talk.closed; ++i) talk.client(wire::modify(2));
    EXPECT_TRUE(talk.closed);
    EXPECT_THAT(talk.events.back(), HasSubstr("broken: too_many_refused"));
    EXPECT_EQ(talk.to_client, wire::entry(1, 5000).substr(0, 100));
}

TEST(LdapInspector, RefusesWhatWouldHideWhatFollowsWhereOperationsAreJudged) {
    const auto policy = allowing({"bind", "extended"});
    for (const auto* mechanism :
         {"GSSAPI", "GSS-SPNEGO", "DIGEST-MD5", "NTLM", "gssapi", "external", "KERBEROS_V4"}) {
        Talk talk(policy);
        talk.client(wire::sasl_bind(1, mechanism));
        EXPECT_THAT(talk.to_back_end, IsEmpty()) << mechanism;
        EXPECT_THAT(talk.events, ElementsAre(HasSubstr(": security_layer"))) << mechanism;
        EXPECT_THAT(talk.to_client, HasSubstr(std::string("\x0a\x01\x35", 3)));  // 53
    }
    for (const auto* mechanism : {"EXTERNAL", "PLAIN", "SCRAM-SHA-256", ""}) {
        Talk talk(policy);
        talk.client(wire::sasl_bind(1, mechanism));
        EXPECT_EQ(talk.to_back_end, wire::sasl_bind(1, mechanism)) << mechanism;
    }
    Talk talk(policy);
    talk.client(wire::extended(1, start_tls_oid));
    EXPECT_THAT(talk.to_back_end, IsEmpty());
    EXPECT_THAT(talk.events, ElementsAre("refused extended 1 1.3.6.1.4.1.1466.20037: start_tls"));
    EXPECT_THAT(talk.to_client, HasSubstr("StartTLS would hide"));
}

TEST(LdapInspector, RefusesABindThatNoStandardDescribes) {
    const auto sicily =
        wire::message(1, wire::element(0x60, wire::element(0x02, "\x03") + wire::element(0x04, "") +
                                                 wire::element(0x8a, "NTLMSSP")));
    Talk judged(allowing({"bind"}));
    judged.client(sicily);
    EXPECT_THAT(judged.events, ElementsAre("refused bind 1 other \"\": security_layer"));
    Talk watched(watching());
    watched.client(sicily)
        .back_end(wire::bind_response(1, 0))
        .client(std::string("\x00\x00\x01\x00sealed", 10));
    EXPECT_THAT(watched.events,
                ElementsAre("bind 1 other \"\"", "unseen: a SASL security layer has begun"));
}

TEST(LdapInspector, LooksOnUntilTlsBeginsWhereNothingIsJudged) {
    const std::string hello("\x16\x03\x01\x02\x00hello", 10);
    Talk talk(watching());
    talk.client(wire::extended(1, start_tls_oid)).back_end(wire::search_done(1));
    talk.client(hello).back_end("\x16\x03\x03 server").client(wire::search(2));
    EXPECT_EQ(talk.to_back_end, wire::extended(1, start_tls_oid) + hello + wire::search(2));
    EXPECT_EQ(talk.to_client, wire::search_done(1) + "\x16\x03\x03 server");
    EXPECT_THAT(talk.events, ElementsAre("extended 1 1.3.6.1.4.1.1466.20037",
                                         "unseen: TLS has begun (StartTLS)"));
}

TEST(LdapInspector, GoesOnBehindAStartTlsThatTheBackEndRefuses) {
    Talk talk(watching());
    talk.client(wire::extended(1, start_tls_oid)).back_end(wire::search_done(1));
    talk.client(wire::search(2));
    EXPECT_THAT(talk.events.back(), "search 2");
}

TEST(LdapInspector, LooksOnWhereASaslBindAgreedOnNoLayer) {
    Talk talk(watching());
    talk.client(wire::sasl_bind(1, "GSSAPI")).back_end(wire::bind_response(1, 14));
    talk.client(wire::sasl_bind(2, "GSSAPI")).back_end(wire::bind_response(2, 0));
    talk.client(wire::search(3));
    EXPECT_THAT(talk.events.back(), "search 3 as SASL GSSAPI");
    const std::string sealed("\x00\x00\x00\x40sealed", 10);
    talk.client(sealed).back_end(sealed);
    EXPECT_THAT(talk.events.back(), "unseen: a SASL security layer has begun");
    EXPECT_TRUE(talk.to_client.ends_with(sealed));
}

TEST(LdapInspector, KnowsTheClientByTheLastBindThatTheBackEndSaidYesTo) {
    Talk talk(watching());
    talk.client(wire::simple_bind(1, "cn=a", "x") + wire::search(2));
    EXPECT_EQ(talk.events.back(), "search 2 as cn=a (unconfirmed)");
    talk.back_end(wire::bind_response(1, 0)).client(wire::search(3));
    EXPECT_EQ(talk.events.back(), "search 3 as cn=a");
    talk.client(wire::simple_bind(4, "cn=b", "wrong")).back_end(wire::bind_response(4, 49));
    talk.client(wire::search(5));
    EXPECT_EQ(talk.events.back(), "search 5");
    // RFC 4513 section 5.1.2: a name without a password proves nothing.
    talk.client(wire::simple_bind(6, "cn=admin", "")).back_end(wire::bind_response(6, 0));
    talk.client(wire::search(7));
    EXPECT_EQ(talk.events.back(), "search 7");
}

TEST(LdapInspector, NamesNobodyWhereSeveralBindsOverlap) {
    // The answer to the first is not the answer to the second, though both have the number 1.
    Talk talk(watching());
    talk.client(wire::simple_bind(1, "cn=a", "x") + wire::simple_bind(1, "cn=admin", "wrong"));
    talk.client(wire::search(2));
    EXPECT_EQ(talk.events.back(), "search 2 as (unclear: several binds at once)");
    talk.back_end(wire::bind_response(1, 0)).client(wire::search(3));
    EXPECT_EQ(talk.events.back(), "search 3 as (unclear: several binds at once)");
    talk.back_end(wire::bind_response(1, 49)).client(wire::search(4));
    EXPECT_EQ(talk.events.back(), "search 4 as (unclear: several binds at once)");
    talk.client(wire::simple_bind(5, "cn=b", "x")).back_end(wire::bind_response(5, 0));
    talk.client(wire::search(6));
    EXPECT_EQ(talk.events.back(), "search 6 as cn=b");
}

TEST(LdapInspector, IgnoresAnswersToBindsThatNobodyAskedFor) {
    Talk talk(watching());
    talk.client(wire::simple_bind(1, "cn=a", "x")).back_end(wire::bind_response(9, 0));
    talk.client(wire::search(2));
    EXPECT_EQ(talk.events.back(), "search 2 as cn=a (unconfirmed)");
    talk.back_end(wire::bind_response(1, 49) + wire::bind_response(1, 0)).client(wire::search(3));
    EXPECT_EQ(talk.events.back(), "search 3");
}

TEST(LdapInspector, ARefusedBindLeavesTheClientWhoItWas) {
    Talk talk(allowing({"bind", "search"}));
    talk.client(wire::simple_bind(1, "cn=a", "x")).back_end(wire::bind_response(1, 0));
    talk.client(wire::sasl_bind(2, "GSSAPI") + wire::search(3));
    EXPECT_EQ(talk.events.back(), "search 3 as cn=a");
}

struct Broken {
    const char* name;
    std::string bytes;
    const char* reason;
};

std::vector<Broken> unreadable() {
    using wire::element;
    using wire::message;
    const auto version = element(0x02, "\x03");
    return {
        {"http", "GET / HTTP/1.1\r\n\r\n", "this is no LDAP message"},
        {"tls", std::string("\x16\x03\x01\x02\x00", 5), "this is no LDAP message"},
        {"indefinite", std::string("\x30\x80\x02\x01\x01", 5), "an indefinite length"},
        {"five bytes of length", std::string("\x30\x85\x00\x00\x00\x00\x05", 7),
         "a length of more than four bytes"},
        {"too large", std::string("\x30\x84\x7f\xff\xff\xff", 6), "a message of more than 256 MiB"},
        {"number 0", message(0, element(0x63, "x")), "a request with the number 0"},
        {"number below 0", element(0x30, element(0x02, "\xff") + element(0x63, "x")),
         "a message without a number of its own"},
        {"no number", element(0x30, element(0x63, "x")), "a message without a number of its own"},
        {"long number", element(0x30, element(0x02, std::string(5, '\1')) + element(0x63, "x")),
         "a message without a number of its own"},
        {"longer inside", std::string("\x30\x06\x02\x01\x01\x63\x7f\x00", 8),
         "an element reaches behind the one around it"},
        {"nothing inside", element(0x30, element(0x02, "\x01")),
         "an element reaches behind the one around it"},
        {"long tag", element(0x30, element(0x02, "\x01") + std::string("\x7f\x21\x00", 3)),
         "a tag of several bytes"},
        {"two proofs",
         message(1, element(0x60, version + element(0x04, "cn=a") + element(0x80, "x") +
                                      element(0xa3, element(0x04, "GSSAPI")))),
         "a bind request that cannot be read"},
        {"name too long", wire::simple_bind(1, std::string(bind_dn_bytes_max + 1, 'x'), "x"),
         "a bind request with a name of more than 4 KiB"},
        {"mechanism too long", wire::sasl_bind(1, std::string(mechanism_bytes_max + 1, 'x')),
         "a bind request that cannot be read"},
        {"extended of nothing", message(1, element(0x77, "")),
         "an element reaches behind the one around it"},
        {"extended with two names",
         message(1, element(0x77, element(0x80, "1.2.3") + element(0x80, start_tls_oid))),
         "an extended request that cannot be read"},
        {"unbind of something", message(1, element(0x42, "x")),
         "an unbind request that is not empty"},
        {"behind the request", message(1, element(0x63, "x"), element(0x66, "x")),
         "something else than controls behind a request"},
        {"behind controls", message(1, element(0x63, "x"), wire::controls() + "x"),
         "something else than controls behind a request"},
        {"after unbind", wire::unbind(1) + wire::search(2), "bytes behind an unbind"},
    };
}

TEST(LdapInspector, EndsAConnectionThatItCannotReadWhereOperationsAreJudged) {
    const auto policy = allowing({"bind", "search", "extended"});
    for (const auto& [name, bytes, reason] : unreadable()) {
        Talk talk(policy);
        talk.client(bytes);
        EXPECT_TRUE(talk.closed) << name;
        ASSERT_FALSE(talk.events.empty()) << name;
        EXPECT_THAT(talk.events.back(), HasSubstr(reason)) << name;
        EXPECT_THAT(talk.to_client, HasSubstr(disconnection_oid)) << name;
        EXPECT_THAT(talk.to_client, HasSubstr(reason)) << name;
    }
}

TEST(LdapInspector, LetsWhatItCannotReadPassUnseenWhereNothingIsJudged) {
    for (const auto& [name, bytes, reason] : unreadable()) {
        Talk talk(watching());
        talk.client(bytes + wire::search(9));
        EXPECT_EQ(talk.to_back_end, bytes + wire::search(9)) << name;
        EXPECT_THAT(talk.to_client, IsEmpty()) << name;
        ASSERT_FALSE(talk.events.empty()) << name;
        EXPECT_EQ(talk.events.back(), std::string("unseen: ") + reason) << name;
    }
}

TEST(LdapInspector, EndsAConnectionOverAMessageThatIsNoRequest) {
    Talk judged(allowing({"search"}));
    judged.client(wire::bind_response(3, 0));
    EXPECT_THAT(judged.events, ElementsAre(HasSubstr("broken: unknown_operation")));
    EXPECT_THAT(judged.to_back_end, IsEmpty());
    Talk watched(watching());
    watched.client(wire::bind_response(3, 0) + wire::search(4));
    EXPECT_THAT(watched.events, ElementsAre("unknown 3", "search 4"));
}

TEST(LdapInspector, ReadsLengthsAsMicrosoftsClientsWriteThem) {
    using wire::wide_element;
    const auto bind =
        wide_element(0x30, wire::element(0x02, "\x01") +
                               wide_element(0x60, wire::element(0x02, "\x03") +
                                                      wide_element(0x04, "CORP\\jane") +
                                                      wide_element(0x80, "secret")) +
                               wide_element(0xa0, ""));
    Talk talk(allowing({"bind"}));
    talk.client(bind);
    EXPECT_EQ(talk.to_back_end, bind);
    EXPECT_THAT(talk.events, ElementsAre("bind 1 simple \"CORP\\jane\""));
}

TEST(LdapInspector, EndsAConnectionWhoseBackEndCannotBeReadWhereItMayHaveToAnswer) {
    Talk judged(allowing({"search"}));
    judged.back_end(wire::search_done(1) + "HTTP/1.1 400");
    EXPECT_EQ(judged.to_client, wire::search_done(1));
    EXPECT_THAT(judged.events, ElementsAre(HasSubstr("broken: back_end")));
    Talk watched(watching());
    watched.back_end(wire::search_done(1) + "HTTP/1.1 400");
    EXPECT_EQ(watched.to_client, wire::search_done(1) + "HTTP/1.1 400");
    EXPECT_THAT(watched.events, IsEmpty());
}

TEST(LdapInspector, SaysTheSameHoweverTheBytesAreSplit) {
    const auto policy = allowing({"bind", "search", "add", "extended:1.2.3"});
    const auto start = wire::simple_bind(1, "cn=admin", "secret");
    const auto client = wire::message(2, wire::element(0x63, "x"), wire::controls()) +
                        wire::add(3, 300) + wire::modify(4) + wire::extended(5, "1.2.3", true) +
                        wire::remove(6) + wire::sasl_bind(7, "GSSAPI") + wire::abandon(8) +
                        wire::search(9) + wire::unbind(10) + "more";
    const auto back_end = wire::entry(2, 300) + wire::search_done(2) + wire::entry(9, 10);
    const auto talk_in = [&](std::size_t chunk) {
        Talk talk(policy);
        talk.client(start, chunk).back_end(wire::bind_response(1, 0), chunk);
        talk.back_end(back_end, chunk).client(client, chunk);
        return talk;
    };
    const auto whole = talk_in(0);
    EXPECT_EQ(whole.events.size(), 11U);
    for (std::size_t chunk = 1; chunk < 400; ++chunk) {
        const auto split = talk_in(chunk);
        EXPECT_EQ(split.to_back_end, whole.to_back_end) << chunk;
        EXPECT_EQ(split.to_client, whole.to_client) << chunk;
        EXPECT_EQ(split.events, whole.events) << chunk;
    }
}

}  // namespace
}  // namespace sallyport::ldap
