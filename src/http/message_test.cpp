#include "http/message.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Method, HasAName) {
    for (unsigned i = 0; i < static_cast<unsigned>(Method::other); ++i) {
        const auto method = static_cast<Method>(i);
        EXPECT_FALSE(name_of(method).empty());
        EXPECT_EQ(method_of(name_of(method)), method);
    }
    EXPECT_EQ(method_of("DELETE"), Method::del);
    // Case-sensitive (RFC 9110 9.1).
    for (const auto* name : {"get", "Get", "GETS", "GE", "", "PROPFIND"}) EXPECT_EQ(method_of(name), Method::other) << name;
    EXPECT_EQ(name_of(Method::other), "");
}

TEST(Method, IsSafeOrIdempotent) {
    for (const auto method : {Method::get, Method::head, Method::options, Method::trace}) {
        EXPECT_TRUE(is_safe(method));
        EXPECT_TRUE(is_idempotent(method));
    }
    for (const auto method : {Method::put, Method::del}) {
        EXPECT_FALSE(is_safe(method));
        EXPECT_TRUE(is_idempotent(method));
    }
    for (const auto method : {Method::post, Method::patch, Method::connect, Method::purge, Method::other}) {
        EXPECT_FALSE(is_safe(method));
        EXPECT_FALSE(is_idempotent(method));
    }
}

TEST(Status, HasAReason) {
    EXPECT_EQ(reason_of(200), "OK");
    EXPECT_EQ(reason_of(404), "Not Found");
    EXPECT_EQ(reason_of(502), "Bad Gateway");
    EXPECT_EQ(reason_of(299), "");
}

// RFC 9112 6.3.
TEST(Status, HasABodyOrNot) {
    EXPECT_TRUE(has_body(Method::get, 200));
    EXPECT_TRUE(has_body(Method::post, 404));
    EXPECT_FALSE(has_body(Method::head, 200));
    EXPECT_FALSE(has_body(Method::head, 404));
    for (const std::uint16_t status : {100, 101, 103, 204, 304}) EXPECT_FALSE(has_body(Method::get, status)) << status;
    EXPECT_FALSE(has_body(Method::connect, 200));
    EXPECT_TRUE(has_body(Method::connect, 403));
}

TEST(Names, AreAsRegistered) {
    EXPECT_EQ(name_of(Version::http10), "HTTP/1.0");
    EXPECT_EQ(name_of(Version::http11), "HTTP/1.1");
    EXPECT_EQ(name_of(Version::http2), "HTTP/2");
    EXPECT_EQ(name_of(Version::http3), "HTTP/3");
    EXPECT_EQ(name_of(Scheme::http), "http");
    EXPECT_EQ(name_of(Scheme::https), "https");
}

}  // namespace
}  // namespace weir::http
