#include "hub/api.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::hub {
namespace {

ApiRequest with(const std::vector<http::Field>& fields) {
    return {.method = "GET", .target = "/", .host = "h", .fields = fields};
}

TEST(Api, ReadsBasicCredentials) {
    const std::vector<http::Field> fields{{"authorization", "basic  QWxhZGRpbjpvcGVuOnNlc2FtZQ=="}};
    const auto credentials = basic_credentials(with(fields));
    ASSERT_TRUE(credentials && *credentials);
    EXPECT_EQ((*credentials)->user, "Aladdin");
    EXPECT_EQ((*credentials)->password.reveal(), "open:sesame") << "the first colon separates";
}

TEST(Api, TellsMissingFromMalformedCredentials) {
    EXPECT_FALSE(basic_credentials(with({}))->has_value());
    const std::vector<http::Field> bearer{{"authorization", "Bearer x"}};
    EXPECT_FALSE(basic_credentials(with(bearer))->has_value());
    for (const char* value : {"Basic !", "Basic QQ==", "Basic QTpC QTpC"}) {
        const std::vector<http::Field> fields{{"authorization", value}};
        EXPECT_EQ(basic_credentials(with(fields)).error().code, Errc::malformed) << value;
    }
}

TEST(Api, RefusesTwoFieldsWhereOneIsMeant) {
    const std::vector<http::Field> fields{{"authorization", "Basic QTpC"},
                                          {"authorization", "Basic QTpD"}};
    EXPECT_EQ(basic_credentials(with(fields)).error().code, Errc::malformed);
}

TEST(Api, ReadsTargetsAndMediaTypes) {
    EXPECT_EQ(path_of("/token_keys?zid=x?y"), "/token_keys");
    EXPECT_EQ(query_value("/k?a=1&zid=x=y&zid=z", "zid"), "x=y");
    EXPECT_EQ(query_value("/k?zid", "zid"), "");
    EXPECT_FALSE(query_value("/k", "zid"));
    EXPECT_FALSE(query_value("/k?xzid=1", "zid"));
    const std::vector<http::Field> fields{{"content-type", "Application/PKCS10 ; x=y"}};
    EXPECT_TRUE(has_media_type(with(fields), "application/pkcs10"));
    EXPECT_FALSE(has_media_type(with(fields), "application/pkcs1"));
}

}  // namespace
}  // namespace sallyport::hub
