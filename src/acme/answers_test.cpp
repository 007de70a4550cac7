#include "acme/answers.h"

#include <gtest/gtest.h>

#include "acme/encoding.h"
#include "acme/json.h"
#include "acme/options.h"

namespace weir::acme {
namespace {

TEST(Json, IsStrict) {
    for (const std::string bad :
         {"", "{", "{}x", "{} {}", R"({"a":1,"a":2})", "{'a':1}", R"({"a":01})", "[1,]", "\"\\x\"", "\"\xff\"", "nul", R"({"a":"\ud800"})"})
        EXPECT_FALSE(Json::parse(bad)) << bad;
    EXPECT_FALSE(Json::parse(std::string_view("{}\0{}", 5)));
    EXPECT_FALSE(Json::parse(std::string(9, '[') + std::string(9, ']')));
    EXPECT_TRUE(Json::parse(std::string(8, '[') + std::string(8, ']')));
    std::string many = "[0";
    for (int i = 0; i < 20'000; ++i) many += ",0";
    EXPECT_FALSE(Json::parse(many + "]"));
    EXPECT_FALSE(Json::parse("\"" + std::string(Json::kOctetsMax, 'x') + "\""));
}

TEST(Json, FindsWhatIsThere) {
    const auto json = Json::parse(R"({"a":[1.5e3,"x\nü",true,null],"b":{"c":{}}})");
    ASSERT_TRUE(json) << json.error();
    EXPECT_EQ((*json)["a"].elements().at(0).string(), "1.5e3");
    EXPECT_EQ((*json)["a"].elements().at(1).string(), "x\nü");
    EXPECT_TRUE((*json)["a"].elements().at(2).is_true());
    EXPECT_EQ((*json)["b"]["c"].kind(), Json::Kind::object);
    EXPECT_EQ((*json)["b"]["c"]["d"]["e"].kind(), Json::Kind::null);
}

// RFC 8555 6.7.
TEST(Answers, Problem) {
    const auto problem = read_problem(R"({"type":"urn:ietf:params:acme:error:malformed","detail":"Some of the identifiers were rejected",
        "status":403,"subproblems":[
        {"type":"urn:ietf:params:acme:error:malformed","detail":"Invalid underscore",
         "identifier":{"type":"dns","value":"_example.org"}},
        {"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"Not a CA for this","identifier":{"value":"x.org"}}]})");
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->text(), "malformed: Some of the identifiers were rejected (_example.org: malformed: Invalid underscore; "
                               "x.org: rejectedIdentifier: Not a CA for this)");
    EXPECT_EQ(problem->status, 403);
    const auto forged = read_problem(R"({"type":"a\nerror forged","detail":"\u001b[2J"})");
    EXPECT_FALSE(forged->text().contains('\n'));
    EXPECT_FALSE(forged->text().contains('\x1b'));
    EXPECT_EQ(read_problem("{}")->text(), "no reason was given");
}

TEST(Answers, Directory) {
    const auto directory = read_directory(R"({"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a",
        "newOrder":"https://ca.example/o","renewalInfo":"https://ca.example/r","extra":[1],
        "meta":{"termsOfService":"https://ca.example/terms","externalAccountRequired":true}})");
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->renewal_info, "https://ca.example/r");
    EXPECT_TRUE(directory->demands_external_account);
    EXPECT_FALSE(read_directory(R"({"newNonce":"https://ca.example/n"})"));
    EXPECT_FALSE(read_directory(R"({"newNonce":"ftp://x","newAccount":"https://ca.example/a","newOrder":"https://ca.example/o"})"));
    EXPECT_FALSE(read_directory("<html>"));
    EXPECT_FALSE(read_directory("[]"));
}

TEST(Answers, Order) {
    const auto order = read_order(R"({"status":"valid","authorizations":["https://ca.example/1","https://ca.example/2"],
        "finalize":"https://ca.example/f","certificate":"https://ca.example/c"})");
    ASSERT_TRUE(order) << order.error();
    EXPECT_EQ(order->status, OrderStatus::valid);
    EXPECT_EQ(order->authorizations.size(), 2U);
    EXPECT_EQ(order->certificate, "https://ca.example/c");
    for (const auto bad : {R"({"status":"odd","finalize":"https://ca.example/f"})", R"({"status":"ready"})",
                           R"({"status":"ready","finalize":"https://ca.example/f","authorizations":[7]})",
                           "{\"status\":\"ready\",\"finalize\":\"https://ca.example/f\\r\\nX: y\"}"})
        EXPECT_FALSE(read_order(bad)) << bad;
    std::string many = R"({"status":"ready","finalize":"https://ca.example/f","authorizations":["https://ca.example/1")";
    for (std::size_t i = 0; i < kAuthorizationsMax; ++i) many += R"(,"https://ca.example/1")";
    EXPECT_FALSE(read_order(many + "]}"));
}

TEST(Answers, Authorization) {
    const auto head = std::string(R"({"status":"pending","identifier":{"type":"dns","value":"A.Example"},"challenges":[)");
    const auto good = read_authorization(head + R"({"type":"http-01","url":"https://ca.example/1","token":"a-_9"},
        {"type":"odd-99","url":"https://ca.example/2"}]})");
    ASSERT_TRUE(good) << good.error();
    EXPECT_EQ(good->name, "a.example");
    EXPECT_EQ(good->challenges.at(0).token, "a-_9");
    EXPECT_EQ(good->error(), nullptr);
    for (const auto token : {"../../etc/passwd", "a b", "a\\r\\n", "a/b", "a%2fb"})
        EXPECT_FALSE(read_authorization(head + R"({"type":"http-01","url":"https://ca.example/1","token":")" + token + "\"}]}")) << token;
    EXPECT_FALSE(read_authorization(R"({"status":"pending"})"));
    EXPECT_FALSE(read_authorization(R"({"status":"pending","identifier":{"value":")" + std::string(300, 'a') + "\"}}"));
}

// RFC 9773 4.2.
TEST(Answers, RenewalInfo) {
    const auto window = read_renewal_info(R"({"suggestedWindow":{"start":"2025-01-02T04:00:00Z","end":"2025-01-03T04:00:00Z"},
        "explanationURL":"https://acme.example.com/docs/ari"})");
    ASSERT_TRUE(window);
    EXPECT_EQ(time_text(window->start), "2025-01-02T04:00:00Z");
    EXPECT_EQ(window->explanation_url, "https://acme.example.com/docs/ari");
    EXPECT_FALSE(read_renewal_info(R"({"suggestedWindow":{"start":"2025-01-03T04:00:00Z","end":"2025-01-02T04:00:00Z"}})"));
    EXPECT_FALSE(read_renewal_info(R"({"suggestedWindow":{"start":"2025-01-03T04:00:00Z"}})"));
}

TEST(Answers, Links) {
    const std::string_view field = R"(<https://ca.example/dir>;rel="index", <https://ca.example/terms>; rel="terms-of-service")";
    EXPECT_EQ(link_of(field, "terms-of-service"), "https://ca.example/terms");
    EXPECT_EQ(link_of(field, "index"), "https://ca.example/dir");
    EXPECT_EQ(link_of(field, "up"), "");
    EXPECT_EQ(link_of("<https://ca.example/a b>;rel=up", "up"), "");
    EXPECT_EQ(link_of("<", "up"), "");
}

TEST(Answers, RetryAfter) {
    using std::chrono::seconds;
    const auto now = *parse_time("2026-01-02T03:04:05Z");
    EXPECT_EQ(retry_after_of("120", now), seconds(120));
    EXPECT_EQ(retry_after_of("Fri, 02 Jan 2026 03:05:05 GMT", now), seconds(60));
    EXPECT_EQ(retry_after_of("Fri, 02 Jan 2026 03:00:05 GMT", now), seconds(0));
    EXPECT_EQ(retry_after_of("99999999999", now), seconds(7 * 24 * 3600));
    EXPECT_EQ(retry_after_of("soon", now), std::nullopt);
    EXPECT_EQ(retry_after_of("-1", now), std::nullopt);
}

TEST(Names, WhatCanBeCertified) {
    for (const auto good : {"a.example", "xn--bcher-kva.example", "a-b.c.d.example", "_x.example"}) EXPECT_EQ(refusal_of(good), "") << good;
    for (const auto bad : {"*.example.com", "10.0.0.1", "::1", "localhost", "", "a..b", ".a.b", "a.b.", "A.example", "a b.c", "-a.example"})
        EXPECT_NE(refusal_of(bad), "") << bad;
    EXPECT_TRUE(refusal_of("*.example.com").contains("dns-01"));
}

}  // namespace
}  // namespace weir::acme
