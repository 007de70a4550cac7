#include "cli/admin_target.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(AdminTarget, ExplainIsEncodedOnce) {
    const Explain explain{.url = "http://a/b%2Fc?d=e&f#g",
                          .method = "M-SEARCH",
                          .headers = {"Cookie: a=b; c", "X: \xc3\xa4"},
                          .client = "::1",
                          .file = {},
                          .socket = "/s"};
    EXPECT_EQ(explain_target(explain), "/explain?url=http%3A%2F%2Fa%2Fb%252Fc%3Fd%3De%26f%23g&method=M-SEARCH&client=%3A%3A1"
                                       "&header=Cookie%3A%20a%3Db%3B%20c&header=X%3A%20%C3%A4");
}

// A header can't end the request line and begin a request of its own.
TEST(AdminTarget, NoLineEndsGetThrough) {
    const auto target =
        explain_target({.url = "/\r\nPOST /drain HTTP/1.1\r\n", .method = "GET", .headers = {}, .client = "::1", .file = {}, .socket = {}});
    EXPECT_EQ(target.find_first_of("\r\n "), std::string::npos) << target;
}

TEST(AdminTarget, OnlyWordsThatChangeSomethingPost) {
    using enum Steer::Word;
    for (const auto word : {reload, drain, reopen}) EXPECT_STREQ(admin_request(word).method, "POST");
    for (const auto word : {status, metrics}) EXPECT_STREQ(admin_request(word).method, "GET");
    EXPECT_STREQ(admin_request(reload).target, "/reload");
    EXPECT_STREQ(admin_request(metrics).target, "/metrics");
}

}  // namespace
}  // namespace weir::cli
