#include "cache/storing.h"

#include <gtest/gtest.h>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using http::Method;
using test::Answered;
using test::Asked;
using test::at;

Refusal stored(const Asked& asked, const Answered& answered, const Policy& policy = {}) {
    return refuses_storing(asked.request, answered.response, answered.directives(policy), policy, answered.terms(policy));
}

TEST(Request, CacheHasItsPart) {
    EXPECT_EQ(refuses_request(Asked().request), Refusal::none);
    EXPECT_EQ(refuses_request(Asked({}, Method::head).request), Refusal::none);
    EXPECT_EQ(refuses_request(Asked({{"Range", "bytes=0-"}, {"If-None-Match", "\"a\""}, {"Authorization", "x"}}).request), Refusal::none);
    for (const auto method : {Method::post, Method::put, Method::del, Method::options, Method::trace, Method::patch, Method::other})
        EXPECT_EQ(refuses_request(Asked({}, method).request), Refusal::method);
    EXPECT_EQ(refuses_request(Asked({{"If-Match", "\"a\""}}).request), Refusal::precondition);
    EXPECT_EQ(refuses_request(Asked({{"If-Unmodified-Since", test::date(0)}}).request), Refusal::precondition);
}

TEST(Request, BodyAndUpgradeStayOut) {
    Asked asked;
    asked.request.framing = http::Framing::length;
    EXPECT_EQ(refuses_request(asked.request), Refusal::none);  // of no octets
    asked.request.content_length = 1;
    EXPECT_EQ(refuses_request(asked.request), Refusal::request_body);
    asked.request.framing = http::Framing::chunked;
    asked.request.content_length = 0;
    EXPECT_EQ(refuses_request(asked.request), Refusal::request_body);
    Asked websocket;
    websocket.request.upgrade = "websocket";
    EXPECT_EQ(refuses_request(websocket.request), Refusal::upgrade);
}

TEST(Storing, OfStatuses) {
    struct Row {
        std::uint16_t status;
        Refusal with_max_age, with_last_modified;
    };
    constexpr auto kYes = Refusal::none;
    constexpr auto kNo = Refusal::status;
    // Last-Modified gives a heuristic and a validator, but only to statuses that are cacheable by default (RFC 9111 3).
    const Row rows[] = {
        {200, kYes, kYes}, {201, kYes, kNo}, {203, kYes, kYes}, {204, kYes, kYes}, {299, kYes, kNo},  {301, kYes, kYes},
        {302, kYes, kNo},  {307, kYes, kNo}, {308, kYes, kYes}, {400, kYes, kNo},  {404, kYes, kYes}, {410, kYes, kYes},
        {499, kYes, kNo},  {500, kYes, kNo}, {503, kYes, kNo},  {599, kYes, kNo},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}}, row.status)), row.with_max_age) << row.status;
        EXPECT_EQ(stored(Asked(), Answered({{"Expires", test::date(9)}}, row.status)), row.with_max_age) << row.status;
        EXPECT_EQ(stored(Asked(), Answered({{"Last-Modified", test::date(-90)}}, row.status)), row.with_last_modified) << row.status;
        EXPECT_EQ(stored(Asked(), Answered({{"Last-Modified", test::date(-90)}, {"Cache-Control", "public"}}, row.status)), kYes)
            << row.status;
    }
    EXPECT_EQ(stored(Asked(), Answered()), Refusal::no_lifetime);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}}, 302)), kNo);
    EXPECT_EQ(stored(Asked(), Answered({}, 503), {.ttl_of_status = {{.first = 500, .last = 599, .ttl = Delta(1)}}}), kYes);
    EXPECT_EQ(stored(Asked(), Answered({}, 503), {.keep_serving = Delta(60)}), kNo);
    for (const std::uint16_t status : {100, 101, 103, 304, 406, 407, 408, 411, 412, 413, 415, 416, 417, 421, 425, 428, 429, 431, 511})
        EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "public, max-age=9"}}, status)), Refusal::status) << status;
}

TEST(Storing, HeuristicStatuses) {
    for (const std::uint16_t status : {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
        EXPECT_TRUE(is_heuristically_cacheable(status)) << status;
    for (const std::uint16_t status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599})
        EXPECT_FALSE(is_heuristically_cacheable(status)) << status;
}

struct Row {
    std::string_view cache_control;
    Refusal refusal;
};

TEST(Storing, OfDirectives) {
    const Row rows[] = {
        {"max-age=9", Refusal::none},
        {"s-maxage=9", Refusal::none},
        {"max-age=0", Refusal::no_lifetime},
        {"no-cache", Refusal::no_lifetime},
        {"max-age=9, no-cache", Refusal::no_lifetime},
        {"max-age=9, no-store", Refusal::no_store},
        {"max-age=9, No-StOrE", Refusal::no_store},
        {"max-age=9, private", Refusal::is_private},
        {"max-age=9, private=\"a\"", Refusal::none},
        {"max-age=9, no-cache=\"a\"", Refusal::none},
        {"public", Refusal::no_lifetime},
        {"max-age=9, no-store, must-understand", Refusal::none},  // RFC 9111 5.2.2.3
        {"max-age=9, private, must-understand", Refusal::is_private},
        {"max-age=0, stale-while-revalidate=5", Refusal::none},
        {"max-age=0, stale-if-error=5", Refusal::none},
        {"max-age=0, stale-if-error=5, must-revalidate", Refusal::no_lifetime},
    };
    for (const auto& row : rows)
        EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", row.cache_control}})), row.refusal) << row.cache_control;
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9, no-store, must-understand"}}, 599)), Refusal::status_not_understood);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}})), Refusal::none);
    EXPECT_EQ(stored(Asked(), Answered({{"Expires", test::date(9)}})), Refusal::none);
    EXPECT_EQ(stored(Asked(), Answered({{"Expires", "0"}})), Refusal::no_lifetime);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Age", "10"}})), Refusal::no_lifetime);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "no-store"}, {"CDN-Cache-Control", "max-age=9"}})), Refusal::none);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"CDN-Cache-Control", "no-store"}})), Refusal::no_store);
    EXPECT_EQ(stored(Asked(), Answered(), {.keep_serving = Delta(60)}), Refusal::none);  // for the day the origin is gone
}

TEST(Storing, RequestHasAWord) {
    const Answered answered({{"Cache-Control", "max-age=9"}});
    EXPECT_EQ(stored(Asked({{"Cache-Control", "no-store"}}), answered), Refusal::request_no_store);
    EXPECT_EQ(stored(Asked({{"Cache-Control", "no-store"}}), answered, {.heeds_requests = false}), Refusal::none);
    EXPECT_EQ(stored(Asked({{"Cache-Control", "no-cache"}}), answered), Refusal::none);
    EXPECT_EQ(stored(Asked({{"Cookie", "a=b"}}), answered), Refusal::none);
    EXPECT_EQ(stored(Asked({}, Method::head), answered), Refusal::head);
    const auto renewed = [&](test::Lines asked, const Answered& told) {
        return refuses_renewing(Asked(asked, Method::head).request, told.response, told.directives(), {}, test::at(0));
    };
    EXPECT_EQ(renewed({}, answered), Refusal::none);
    EXPECT_EQ(renewed({{"Authorization", "Basic a"}}, answered), Refusal::authorization);
    EXPECT_EQ(renewed({{"Cache-Control", "no-store"}}, answered), Refusal::request_no_store);
    EXPECT_EQ(renewed({}, Answered({{"Cache-Control", "no-store"}})), Refusal::no_store);
    EXPECT_EQ(renewed({}, Answered({{"Content-Type", "text/plain"}})), Refusal::no_lifetime);
    EXPECT_EQ(stored(Asked({}, Method::put), answered), Refusal::method);
}

// RFC 9111 3.5.
TEST(Storing, OfAuthorizedRequests) {
    const Row rows[] = {
        {"max-age=9", Refusal::authorization},
        {"max-age=9, public", Refusal::none},
        {"max-age=9, must-revalidate", Refusal::none},
        {"s-maxage=9", Refusal::none},
        {"max-age=9, proxy-revalidate", Refusal::authorization},
    };
    for (const auto& row : rows) {
        const Answered answered({{"Cache-Control", row.cache_control}});
        EXPECT_EQ(stored(Asked({{"Authorization", "Bearer x"}}), answered), row.refusal) << row.cache_control;
    }
    const Answered targeted({{"Cache-Control", "max-age=9"}, {"CDN-Cache-Control", "max-age=9, public"}});
    EXPECT_EQ(stored(Asked({{"Authorization", "Bearer x"}}), targeted), Refusal::none);
    EXPECT_EQ(stored(Asked({{"Authorization", "Bearer x"}}), targeted, {.ttl = Delta(9), .ignores_cache_control = true}),
              Refusal::authorization);
}

TEST(Storing, OfCookies) {
    for (const auto* name : {"Set-Cookie", "set-cookie2"}) {
        const Answered answered({{"Cache-Control", "max-age=9"}, {name, "a=b"}});
        EXPECT_EQ(stored(Asked(), answered), Refusal::set_cookie);
        EXPECT_EQ(stored(Asked(), answered, {.set_cookie = SetCookie::removed}), Refusal::none);
        EXPECT_EQ(stored(Asked(), answered, {.set_cookie = SetCookie::stored}), Refusal::none);
    }
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9, no-cache=\"Set-Cookie\""}, {"Set-Cookie", "a=b"}})), Refusal::none);
}

TEST(Storing, OfTypesThatAgreeWithTheExtension) {
    const auto of = [](std::string_view target, std::string_view type, std::uint16_t status = 200, bool is_checked = true) {
        Asked asked;
        asked.request.target = target;
        return stored(asked, Answered({{"Cache-Control", "max-age=9"}, {"Content-Type", type}}, status), {.checks_type = is_checked});
    };
    EXPECT_EQ(of("/a.css", "text/css"), Refusal::none);
    EXPECT_EQ(of("/a.css?b=/c.png", "text/css"), Refusal::none);
    EXPECT_EQ(of("/account/a.css", "text/html"), Refusal::type);
    EXPECT_EQ(of("/account%2Fa%2Ecss", "text/html"), Refusal::type);
    EXPECT_EQ(of("/account;a.css", "text/html"), Refusal::type);
    EXPECT_EQ(of("/account/a.css", "text/html", 404), Refusal::none) << "an error's own page";
    EXPECT_EQ(of("/account/a.css", "text/html", 200, false), Refusal::none);
    EXPECT_EQ(of("/account", "text/html"), Refusal::none);
}

TEST(Storing, OfVariants) {
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Vary", "Accept, Foo"}})), Refusal::none);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Vary", "Accept, *"}})), Refusal::vary_any);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Vary", "a b"}})), Refusal::vary_too_much);
    for (const auto* name : {"x-forwarded-for", "Accept, X-Request-ID", "Forwarded", "X-Real-IP"})
        EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Vary", name}})), Refusal::vary_client) << name;
}

TEST(Storing, OfParts) {
    const auto part = [](std::string_view place, std::uint64_t octets, const Policy& policy = {}) {
        Answered answered({{"Cache-Control", "max-age=9"}}, 206);
        if (!place.empty()) answered.response.fields.add("Content-Range", place);
        answered.response.framing = http::Framing::length;
        answered.response.content_length = octets;
        return stored(Asked({{"Range", "bytes=0-4"}}), answered, policy);
    };
    EXPECT_EQ(part("bytes 0-4/10", 5), Refusal::none);
    EXPECT_EQ(part("bytes 0-4/*", 5), Refusal::none);
    EXPECT_EQ(part("bytes 0-4/10", 6), Refusal::partial);
    EXPECT_EQ(part("bytes 4-9/10", 5), Refusal::partial);
    EXPECT_EQ(part("bytes */10", 5), Refusal::partial);
    EXPECT_EQ(part("", 5), Refusal::partial);  // multipart/byteranges
    EXPECT_EQ(part("bytes 0-4/10", 5, {.stores_partial = false}), Refusal::partial);
    EXPECT_EQ(stored(Asked(), Answered({{"Cache-Control", "max-age=9"}, {"Content-Range", "bytes 0-4/10"}}, 206)), Refusal::partial);
}

// RFC 9110 9.3.3 would allow it.
TEST(Storing, NotOfPost) {
    const Answered own({{"Cache-Control", "max-age=9"}, {"Content-Location", "/shop/list?page=2"}});
    EXPECT_EQ(stored(Asked({}, Method::post), own), Refusal::method);
}

// RFC 9111 3.1.
TEST(Failure, IsShownToThoseWhoWaited) {
    const auto shared = [](const Asked& asked, const Answered& answered) {
        return concerns_all(asked.request, answered.response, answered.directives({}), {});
    };
    EXPECT_TRUE(shared(Asked(), Answered({}, 503)));  // never stored, but nobody's own
    EXPECT_TRUE(shared(Asked(), Answered({{"Cache-Control", "no-cache, max-age=0"}}, 500)));
    for (const auto* own : {"private", "private=\"a\"", "no-store"})
        EXPECT_FALSE(shared(Asked(), Answered({{"Cache-Control", own}}, 503))) << own;
    EXPECT_FALSE(shared(Asked(), Answered({{"Set-Cookie", "a=b"}}, 503)));
    EXPECT_FALSE(shared(Asked(), Answered({{"Vary", "*"}}, 503)));
    EXPECT_FALSE(shared(Asked({{"Authorization", "x"}}), Answered({}, 503)));
    EXPECT_FALSE(shared(Asked({{"Cache-Control", "no-store"}}), Answered({}, 503)));
}

TEST(Storing, FieldsThatAreNotStored) {
    const test::Lines kLines = {{"Connection", "close, X-Hop"},
                                {"X-Hop", "1"},
                                {"Keep-Alive", "5"},
                                {"Proxy-Authenticate", "x"},
                                {"Proxy-Authentication-Info", "x"},
                                {"Proxy-Authorization", "x"},
                                {"Proxy-Connection", "x"},
                                {"TE", "x"},
                                {"Transfer-Encoding", "chunked"},
                                {"Upgrade", "x"},
                                {"Trailer", "X"},
                                {"A", "1"},
                                {"b", "2"},
                                {"Set-Cookie", "c=d"},
                                {"Content-Type", "text/plain"},
                                {"X-Hop2", "1"}};
    const auto left = [&](const Policy& policy, std::string_view cache_control) {
        Answered answered(kLines);
        answered.response.fields.add("Cache-Control", cache_control);
        const auto directives = answered.directives(policy);
        answered.response.fields.remove("Cache-Control");
        remove_unstorable(answered.response.fields, directives, policy);
        return test::text_of(answered.response.fields);
    };
    EXPECT_EQ(left({}, "max-age=9"), "A: 1|b: 2|Content-Type: text/plain|X-Hop2: 1|");
    EXPECT_EQ(left({.set_cookie = SetCookie::stored}, "max-age=9"), "A: 1|b: 2|Set-Cookie: c=d|Content-Type: text/plain|X-Hop2: 1|");
    EXPECT_EQ(left({}, "no-cache=\"a\", private=\"B, x-hop2\""), "Content-Type: text/plain|");
}

TEST(Refusal, HasWordsAndSentences) {
    for (unsigned i = 0; i < static_cast<unsigned>(Refusal::count_); ++i) {
        EXPECT_NE(word_of(static_cast<Refusal>(i)), "unknown") << i;
        EXPECT_FALSE(explain(static_cast<Refusal>(i)).empty()) << i;
    }
}

}  // namespace
}  // namespace weir::cache
