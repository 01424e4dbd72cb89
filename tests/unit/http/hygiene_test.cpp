#include "http/hygiene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::http {
namespace {

std::vector<std::string> names(const std::vector<Field>& fields) {
    std::vector<std::string> names;
    names.reserve(fields.size());
    for (const auto& field : fields) names.emplace_back(field.name);
    return names;
}

std::vector<std::string> kept_of_request(std::vector<Field> fields, const StripList& also = {}) {
    std::vector<Field> kept;
    keep_request_fields(fields, kept, also);
    return names(kept);
}

std::vector<std::string> kept_of_response(std::vector<Field> fields) {
    std::vector<Field> kept;
    keep_response_fields(fields, kept);
    return names(kept);
}

/// The ways to write a name that a server may take for the same.
std::vector<std::string> spellings(std::string name) {
    std::vector<std::string> all = {name};
    std::ranges::transform(name, name.begin(), [](char c) { return c == '-' ? '_' : c; });
    all.push_back(name);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    all.push_back(name);
    auto mixed = all.front();
    mixed.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(mixed.front())));
    if (const auto last = mixed.rfind('-'); last != std::string::npos) mixed[last] = '_';
    all.push_back(mixed);
    return all;
}

class RemovedFromRequests : public testing::TestWithParam<std::string_view> {};

TEST_P(RemovedFromRequests, InEverySpelling) {
    for (const auto& name : spellings(std::string(GetParam()))) {
        EXPECT_TRUE(kept_of_request({{name, "x"}}).empty()) << name;
        std::vector<Field> kept;
        const Field trailer[] = {{name, "x"}};
        keep_request_trailers(trailer, kept);
        EXPECT_TRUE(kept.empty()) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Claim3, RemovedFromRequests,
    testing::Values("connection", "keep-alive", "proxy-connection", "te", "transfer-encoding",
                    "content-length", "upgrade", "http2-settings", "proxy", "proxy-authorization",
                    "proxy-authenticate", "proxy-anything-at-all-however-long-the-name-is",
                    "sap-connectivity-authentication", "sap-connectivity-scc-location-id",
                    "sap-connectivity-technical-authentication", "sallyport-exchange-id",
                    "sallyport-user-token", "sallyport-", "ssl-client-cert", "ssl-client-verify",
                    "client-cert", "client-cert-chain", "x-forwarded-client-cert",
                    "x-ssl-client-dn", "x-ssl-client-cert", "remote-user", "x-remote-user",
                    "host"));

class RemovedFromResponses : public testing::TestWithParam<std::string_view> {};

TEST_P(RemovedFromResponses, InEverySpelling) {
    for (const auto& name : spellings(std::string(GetParam()))) {
        EXPECT_TRUE(kept_of_response({{name, "x"}}).empty()) << name;
        EXPECT_FALSE(travels_in_response(name)) << name;
        std::vector<Field> kept;
        const Field trailer[] = {{name, "x"}};
        keep_response_trailers(trailer, kept);
        EXPECT_TRUE(kept.empty()) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Claim3, RemovedFromResponses,
                         testing::Values("connection", "keep-alive", "proxy-connection", "te",
                                         "transfer-encoding", "content-length", "upgrade",
                                         "http2-settings", "sallyport-reason", "sallyport-",
                                         "sallyport-exchange-id"));

TEST(RequestFields, WhatIsNotNamedTravelsInOrder) {
    const std::vector<Field> fields = {{"accept", "1"},
                                       {"authorization", "2"},
                                       {"cookie", "3"},
                                       {"x-csrf-token", "4"},
                                       {"sap-client", "5"},
                                       {"sap_passport", "6"},
                                       {"x-forwarded-for", "7"},
                                       {"client-certificate", "8"},
                                       {"te-x", "9"},
                                       {"upgrade-insecure-requests", "10"},
                                       {"x-requested-with", "11"},
                                       {"remote-users", "12"},
                                       {"connection-x", "13"},
                                       {"trailer", "14"},
                                       {"x-sallyport-exchange", "15"},
                                       {"sap-connectivity", "16"},
                                       {"expect", "17"},
                                       {"cookie", "18"}};
    std::vector<Field> kept;
    keep_request_fields(fields, kept);
    EXPECT_EQ(names(kept), names(fields));
}

TEST(RequestFields, WhatConnectionNamesIsRemoved) {
    EXPECT_EQ(kept_of_request({{"connection", "close, X-Hop ,x_other"},
                               {"x-hop", "1"},
                               {"x-other", "2"},
                               {"x-stays", "3"},
                               {"connection", "x-late"},
                               {"x-late", "4"}}),
              std::vector<std::string>{"x-stays"});
}

TEST(RequestFields, OfTeOnlyTrailersTravels) {
    std::vector<Field> kept;
    const Field with[] = {{"connection", "TE"}, {"te", "gzip, Trailers"}};
    keep_request_fields(with, kept);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].value, "trailers");
    EXPECT_TRUE(kept_of_request({{"te", "gzip"}}).empty());
}

TEST(RequestFields, TheAdministratorNamesMore) {
    const StripList also({"X-Remote_Groups", "sm-user"});
    EXPECT_EQ(
        kept_of_request({{"x_remote-groups", "a"}, {"SM_USER", "b"}, {"sm-users", "c"}}, also),
        std::vector<std::string>{"sm-users"});
}

TEST(RequestFields, AreNoTrailersWhereTheyDecide) {
    const std::vector<Field> trailers = {{"grpc-status", "0"},   {"authorization", "x"},
                                         {"x-http-method", "x"}, {"content-type", "x"},
                                         {"set_cookie", "x"},    {"digest", "x"}};
    std::vector<Field> kept;
    keep_request_trailers(trailers, kept);
    EXPECT_EQ(names(kept), (std::vector<std::string>{"grpc-status", "digest"}));
    keep_response_trailers(trailers, kept);
    EXPECT_EQ(names(kept), (std::vector<std::string>{"grpc-status", "digest"}));
}

TEST(ResponseFields, KeepEverythingButTheHop) {
    EXPECT_EQ(kept_of_response({{"connection", "x-hop"},
                                {"x-hop", "1"},
                                {"Keep_Alive", "2"},
                                {"transfer-encoding", "chunked"},
                                {"upgrade", "h2c"},
                                {"sallyport-reason", "3"},
                                {"Sallyport_Reason", "3"},
                                {"proxy-connection", "4"},
                                {"set-cookie", "a"},
                                {"set-cookie", "b"},
                                {"proxy-authenticate", "Basic"},
                                {"proxy-status", "x"},
                                {"www-authenticate", "Negotiate"}}),
              (std::vector<std::string>{"set-cookie", "set-cookie", "proxy-authenticate",
                                        "proxy-status", "www-authenticate"}));
}

TEST(ConnectionOptions, MayNotNameWhatDecides) {
    for (const auto* name :
         {"host", "Content_Length", "authorization", "cookie", "X-HTTP-Method-Override",
          "x_method_override", "sap-connectivity-authentication", "sallyport-user-token",
          "proxy-authorization", "expect"})
        EXPECT_TRUE(names_what_decides(name)) << name;
    for (const auto* name : {"close", "keep-alive", "te", "upgrade", "x-hop", "proxy-connection"})
        EXPECT_FALSE(names_what_decides(name)) << name;
}

}  // namespace
}  // namespace sallyport::http
