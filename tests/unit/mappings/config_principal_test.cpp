#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using testing::HasSubstr;

TEST(MappingPrincipal, ReadsHowPrincipalsAreDelivered) {
    const auto policy = [](const std::string& principal) {
        const auto reading =
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"https://i\"\n" + principal);
        EXPECT_EQ(reading.problems, "");
        return reading.mappings.at(0).principal;
    };
    EXPECT_EQ(policy(""), PrincipalPolicy{});
    EXPECT_FALSE(policy("").looks_at_tokens());
    EXPECT_TRUE(policy("principal = { required = true }").looks_at_tokens());
    EXPECT_EQ(policy("principal = { kind = \"x509\" }"),
              PrincipalPolicy{.kind = PrincipalKind::x509});
    EXPECT_EQ(policy("principal = { kind = \"x509\", deliver = \"header:SSL_CLIENT_CERT\" }"),
              (PrincipalPolicy{.kind = PrincipalKind::x509,
                               .deliver = CertificateDelivery::ssl_client_cert}));
    EXPECT_EQ(policy("principal = { kind = \"x509\", deliver = \"header:Client-Cert\" }"),
              (PrincipalPolicy{.kind = PrincipalKind::x509,
                               .deliver = CertificateDelivery::client_cert}));
    EXPECT_EQ(
        policy("principal = { kind = \"technical\", credentials_file = \"/c\", required = true }"),
        (PrincipalPolicy{
            .kind = PrincipalKind::technical, .required = true, .credentials_file = "/c"}));
}

TEST(MappingPrincipal, RefusesPrincipalsAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"principal = { kind = \"saml\" }",
         "t:4:22: mapping.principal.kind must be one of none, x509, kerberos, "
         "technical"},
        {"principal = { kind = \"technical\" }",
         "t:4:22: mapping.principal.kind technical needs a credentials_file"},
        {"principal = { kind = \"technical\", credentials_file = \"c\" }",
         "t:4:54: mapping.principal.credentials_file must be an absolute path"},
        {"principal = { credentials_file = \"/c\" }",
         "t:4:34: mapping.principal.credentials_file belongs to kind = \"technical\""},
        {"principal = { deliver = \"tls\" }",
         "t:4:25: mapping.principal.deliver belongs to kind = \"x509\""},
        {"principal = { kind = \"x509\", deliver = \"header:X\" }",
         "t:4:40: mapping.principal.deliver must be one of tls, header:SSL_CLIENT_CERT, "
         "header:Client-Cert"},
        {"principal = { kind = \"x509\" }",
         "t:3:12: mapping.internal must be https:// for a principal of kind x509"},
        {"system_certificate = true",
         "t:3:12: mapping.internal must be https://, tcps:// or ldaps://, or system_certificate "
         "cannot be shown"},
    };
    for (const auto& [more, problem] : cases)
        EXPECT_THAT(problems_with(more), testing::StartsWith(problem)) << more;
}

TEST(MappingPrincipal, KerberosNeedsAnAccountAndANamedService) {
    const auto read = [](std::string_view internal, std::string_view principal) {
        ConfigProblems problems;
        auto document =
            read_config("[[mapping]]\nvirtual = \"a:1\"\ninternal = \"" + std::string(internal) +
                            "\"\nprincipal = { " + std::string(principal) +
                            " }\n[[mapping.rule]]\npath = \"/\"\n",
                        "t", problems);
        MappingDocuments documents{};
        documents.knows_kerberos = true;
        read_mappings(document, documents);
        return problems.empty() ? documents.mappings.front().principal.service : problems.text();
    };
    constexpr std::string_view kind = "kind = \"kerberos\"";
    const auto with = [&](std::string_view service) {
        return std::string(kind) + ", service = \"" + std::string(service) + '"';
    };
    EXPECT_EQ(read("https://Web.Corp", kind), "HTTP/web.corp");
    EXPECT_EQ(read("http://10.0.0.1", with("HTTP/web.corp@CORP")), "HTTP/web.corp@CORP");
    EXPECT_THAT(read("http://10.0.0.1", kind), testing::HasSubstr("say principal.service"));
    EXPECT_THAT(read("http://[::1]", kind), testing::HasSubstr("say principal.service"));
    for (const auto* wrong : {"web", "HTTP/", "/web", "HTTP/a/b", "HTTP/a@", "a@b/c", "HTTP/a b"})
        EXPECT_THAT(read("http://web", with(wrong)), testing::HasSubstr("service principal"));
    EXPECT_THAT(read("http://web", "service = \"HTTP/a\""), testing::HasSubstr("belongs to"));
    EXPECT_THAT(problems_with("principal = { kind = \"kerberos\" }"),
                testing::HasSubstr("needs [kerberos]"));
}

}  // namespace
}  // namespace sallyport::mappings
