#include "forward/syslog.hpp"

#include "forward/record_text.hpp"
#include "tests/unit/forward/log_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::forward {
namespace {

const SyslogSender sender{.host = "berlin", .program = "sallyport", .process = "42"};

audit::Record record_of(std::string_view event, std::string_view more = "") {
    auto record = audit::parse_record(record_line(7, event, more));
    if (!record) ADD_FAILURE() << record.error().detail;
    return std::move(*record);
}

TEST(Syslog, MessageHasTheHeadOfRfc5424) {
    const auto record = record_of("link.up");
    EXPECT_EQ(syslog_message(sender, record, "{}"),
              "<109>1 2025-03-01T12:00:00.000007Z berlin sallyport 42 link.up "
              R"([sallyport@32473 seq="7" event="link.up"] {})");
}

TEST(Syslog, ParameterValuesAreEscaped) {  // RFC 5424 section 6.3.3
    EXPECT_EQ(param_value(R"(a"b\c]d[e)"), R"(a\"b\\c\]d[e)");
    const auto message = syslog_message(sender, record_of(R"(x]\"y)"), "{}");
    EXPECT_NE(message.find(R"(event="x\]\"y"])"), std::string::npos) << message;
}

TEST(Syslog, MessageIdHasNoSpacesAndAtMost32Characters) {  // RFC 5424 section 6
    const auto message = syslog_message(sender, record_of(std::string(40, 'e') + " x"), "{}");
    EXPECT_NE(message.find(" 42 " + std::string(32, 'e') + " ["), std::string::npos) << message;
}

TEST(Syslog, SenderWithoutAGoodNameIsADash) {  // NILVALUE
    EXPECT_EQ(syslog_sender("").program, "-");
    EXPECT_EQ(syslog_sender("a b").program, "ab");
}

TEST(Syslog, FramesCountOctets) {  // RFC 5425 section 4.3
    std::string out;
    append_frame(out, "h\xc3\xa4");
    append_frame(out, std::string(65'535, 'x'));
    EXPECT_EQ(out.substr(0, 5), "3 h\xc3\xa4");
    EXPECT_EQ(out.substr(5, 7), "65535 x");
    EXPECT_EQ(out.size(), 5 + 6 + 65'535U);
}

TEST(Syslog, SeverityTellsWhatNeedsALook) {
    EXPECT_EQ(severity_of(record_of("exchange.end", R"(,"outcome":"answered")")),
              Severity::informational);
    EXPECT_EQ(severity_of(record_of("exchange.end", R"(,"outcome":"refused")")), Severity::warning);
    EXPECT_EQ(severity_of(record_of("rfc.call", R"(,"decision":"refused")")), Severity::warning);
    EXPECT_EQ(severity_of(record_of("log.recovered")), Severity::warning);
    EXPECT_EQ(severity_of(record_of("log.disk_full")), Severity::error);
    EXPECT_EQ(severity_of(record_of("config.changed")), Severity::notice);
    EXPECT_EQ(severity_of(record_of("admin.action", R"(,"outcome":"done")")), Severity::notice);
    EXPECT_EQ(severity_of(record_of("admin.action", R"(,"outcome":"failed")")), Severity::warning);
    EXPECT_EQ(severity_of(record_of("agent.alarm")), Severity::error);
    EXPECT_EQ(severity_of(record_of("refusals.left_out")), Severity::warning);
    EXPECT_EQ(severity_of(record_of("link.refused")), Severity::warning);
}

TEST(Cef, SaysInItsWordsWhatTheRecordSays) {
    const auto record = record_of(
        "exchange.end",
        R"(,"exchange":"e1","tenant":"acme","user":"jane","virtual_host":"erp:80","method":"GET",)"
        R"("path":"/a=b","outcome":"refused","status":403,"request_bytes":5)");
    EXPECT_EQ(to_cef(record),
              "CEF:0|Sallyport|sallyport|" SALLYPORT_VERSION
              R"(|exchange.end|exchange.end|6|rt=1740830400000 externalId=7 suser=jane )"
              R"(dhost=erp:80 requestMethod=GET request=/a\=b outcome=refused in=5 cn1=403 )"
              R"(cs1=e1 cs2=acme cs1Label=exchange cs2Label=tenant cn1Label=status)");
}

TEST(Cef, NoTextOfARecordEndsAFieldOrALine) {
    const auto text = to_cef(record_of(R"(a|b\\c)", R"(,"user":"x\ny=z\\")"));
    EXPECT_NE(text.find(R"(|a\|b\\c|a\|b\\c|)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(suser=x\\u000ay\=z\\)"), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Cef, HasNoControlCharacters) {
    const auto text =
        to_cef(record_of("x.y", R"(,"user":"a\u0000b\u001bc\u000bd\u0085e\u2028f\u007f")"));
    EXPECT_NE(text.find(R"(suser=a\\u0000b\\u001bc\\u000bd\\u0085e\\u2028f\\u007f)"),
              std::string::npos)
        << text;
}

TEST(Cef, SaysWhoDidWhat) {
    const auto text = to_cef(record_of(
        "admin.action", R"(,"act":"agent.revoke","who":"uid:7","account":"jane","object":"berlin",)"
                        R"("outcome":"done")"));
    EXPECT_NE(text.find(R"(suser=jane suid=uid:7 outcome=done act=agent.revoke)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(R"(msg={"object":"berlin"})"), std::string::npos) << text;
}

TEST(Cef, HasEachKeyOnceAndLosesNothing) {
    const auto text = to_cef(record_of(
        "ldap.operation", R"(,"operation":"modify","decision":"refused","message_id":3)"));
    EXPECT_NE(text.find(" act=refused "), std::string::npos) << text;
    EXPECT_EQ(text.find("act=modify"), std::string::npos) << text;
    EXPECT_NE(text.find(R"(msg={"operation":"modify","message_id":3})"), std::string::npos) << text;
}

TEST(Cef, AddressStandsWithoutItsPort) {
    const auto text = to_cef(record_of("link.up", R"(,"remote":"[2001:db8::1]:443")"));
    EXPECT_NE(text.find(" src=2001:db8::1"), std::string::npos) << text;
}

TEST(Body, IsTheLineAsItStandsInTheLog) {
    const auto line = record_line(7);
    EXPECT_EQ(body_of(record_of("link.up"), line, Format::json), line.substr(0, line.size() - 1));
}

}  // namespace
}  // namespace sallyport::forward
