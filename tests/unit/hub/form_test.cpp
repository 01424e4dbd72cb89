#include "hub/form.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

TEST(Form, DecodesNamesAndValues) {
    const auto form = Form::parse(
        "grant_type=client_credentials&client_id=sb-clone%21b1%7Cconnectivity!b17&a=b+c%2B&e=&f");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->value("grant_type"), "client_credentials");
    EXPECT_EQ(form->value("client_id"), "sb-clone!b1|connectivity!b17");
    EXPECT_EQ(form->value("a"), "b c+");
    EXPECT_EQ(form->value("e"), "");
    EXPECT_EQ(form->value("f"), "");
    EXPECT_FALSE(form->value("g"));
}

TEST(Form, AnEmptyBodyHasNoParameters) {
    ASSERT_TRUE(Form::parse(""));
    EXPECT_TRUE(Form::parse("&&"));
    EXPECT_FALSE(Form::parse("")->value(""));
}

TEST(Form, RefusesWhatCanBeReadInTwoWays) {
    for (const char* body : {"a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%4x", "%=1", "a&a"})
        EXPECT_EQ(Form::parse(body).error().code, Errc::malformed) << body;
}

TEST(Form, RefusesMoreParametersThanAnybodySends) {
    std::string body;
    for (std::size_t i = 0; i < form_parameters_max; ++i) body += 'p' + std::to_string(i) + "=1&";
    EXPECT_TRUE(Form::parse(body));
    EXPECT_EQ(Form::parse(body + "one_more=1").error().code, Errc::limit);
}

}  // namespace
}  // namespace sallyport::hub
