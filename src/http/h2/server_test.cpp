#include "http/h2/server.h"

#include "http/h2/server_for_test.h"

namespace weir::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Pairs with(Pairs fields, const Pairs& more) {
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

TEST_F(ServerTest, ARequestAndItsReply) {
    serve_ = [](const Request&) { return Serving{.fields = {{"X-Case", "Kept"}, {"Connection", "x"}, {"Keep-Alive", "5"}, {"TE", "x"}}}; };
    begin();
    const auto id = client().ask(with(get("/a?b=%20"), {{"cookie", "a=1"}, {"x-a", "b"}, {"cookie", "c=2"}, {"te", "trailers"}}));
    ASSERT_TRUE(is_answered(id));
    const auto& heard = seen(id);
    EXPECT_EQ(heard.method, "GET");
    EXPECT_EQ(heard.target, "/a?b=%20");
    EXPECT_EQ(heard.authority, "a.example");
    EXPECT_EQ(heard.field("host"), "a.example");
    EXPECT_EQ(heard.field("cookie"), "a=1; c=2") << "crumbs become one field (RFC 9113 8.2.3)";
    EXPECT_EQ(heard.count("cookie"), 1U);
    EXPECT_EQ(heard.framing, Framing::none);
    EXPECT_EQ(answer(id).head, (Pairs{{":status", "200"}, {"x-case", "Kept"}, {"content-length", "5"}}));
    EXPECT_EQ(answer(id).body, "hello");
    EXPECT_TRUE(answer(id).is_whole);
    EXPECT_EQ(answer(id).reset, -1);
}

TEST_F(ServerTest, WhatIsSaidAtFirst) {
    limits_.streams_max = 77;
    begin();
    EXPECT_EQ(client().settings[NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS], 77U);
    EXPECT_EQ(client().settings[NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE], ServerConnection::kStreamWindow);
    EXPECT_EQ(client().settings[NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE], limits_.head.header_bytes_max);
    EXPECT_EQ(client().settings[NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL], 1U);
    EXPECT_EQ(client().settings[NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES], 1U);
    ASSERT_TRUE(turn_until([&] { return client().windows[0] != 0; }));
    EXPECT_EQ(client().windows[0] + 65'535, ServerConnection::kReceiveMax);
}

// RFC 9113 8.1.1 to 8.5, and what HTTP/1.1 could not carry: nothing of it is ever walked as a request.
const struct {
    const char* what;
    Pairs fields;
    std::uint8_t flags = kEndStream;
} kRefused[] = {
    {"CR in a value", {{"x", "a\rb"}}},
    {"LF in a value", {{"x", "a\nb"}}},
    {"a whole line in a value", {{"x", "a\r\nTransfer-Encoding: chunked"}}},
    {"NUL in a value", {{"x", std::string("a\0b", 3)}}},
    {"a control octet in a value", {{"x", "a\x01"}}},
    {"a space before a value", {{"x", " a"}}},
    {"a space behind a value", {{"x", "a "}}},
    {"a colon in a name", {{"x:y", "a"}}},
    {"a space in a name", {{"x y", "a"}}},
    {"CR and LF in a name", {{"x\r\ny", "a"}}},
    {"NUL in a name", {{std::string("x\0", 2), "a"}}},
    {"a capital letter in a name", {{"X-a", "a"}}},
    {"an octet above 127 in a name", {{"x\xc3\xa9", "a"}}},
    {"an empty name", {{"", "a"}}},
    {"connection", {{"connection", "close"}}},
    {"keep-alive", {{"keep-alive", "timeout=5"}}},
    {"proxy-connection", {{"proxy-connection", "keep-alive"}}},
    {"transfer-encoding", {{"transfer-encoding", "chunked"}}},
    {"upgrade", {{"upgrade", "websocket"}}},
    {"te: gzip", {{"te", "gzip"}}},
    {"te: trailers and more", {{"te", "trailers, gzip"}}},
    {"an unknown pseudo-header field", {{":x", "a"}}},
    {"a reply's pseudo-header field", {{":status", "200"}}},
    {"a second :method", {{":method", "GET"}}},
    {"a second :path", {{":path", "/"}}},
    {"a second :scheme", {{":scheme", "http"}}},
    {"a second :authority", {{":authority", "a.example"}}},
    {"a pseudo-header field behind a field", {{"x", "y"}, {":authority", "b"}}},
    {":protocol without CONNECT", {{":protocol", "websocket"}}},
    {"another host", {{"host", "b.example"}}},
    {"two hosts", {{"host", "a.example"}, {"host", "a.example"}}},
    {"a length of letters", {{"content-length", "x"}}, 0},
    {"a negative length", {{"content-length", "-1"}}, 0},
    {"a length with a sign", {{"content-length", "+1"}}, 0},
    {"two lengths", {{"content-length", "1"}, {"content-length", "1"}}, 0},
    {"a list of lengths", {{"content-length", "1, 1"}}, 0},
    {"a length beyond all numbers", {{"content-length", "99999999999999999999"}}, 0},
    {"a length without a body", {{"content-length", "5"}}},
};

const struct {
    const char* what;
    Pairs fields;
} kRefusedHeads[] = {
    {"no :method", {{":scheme", "http"}, {":authority", "a"}, {":path", "/"}}},
    {"an empty :method", {{":method", ""}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}},
    {"a space in :method", {{":method", "GET /x"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}},
    {"no :scheme", {{":method", "GET"}, {":authority", "a"}, {":path", "/"}}},
    {"another scheme", {{":method", "GET"}, {":scheme", "ftp"}, {":authority", "a"}, {":path", "/"}}},
    {"no :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}},
    {"an empty :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", ""}}},
    {"a space in :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/ HTTP/1.1"}}},
    {"a line break in :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/\r\nHost: b"}}},
    {"NUL in :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", std::string("/\0", 2)}}},
    {"DEL in :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/\x7f"}}},
    {"a relative :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "a"}}},
    {"an absolute :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "http://b/"}}},
    {"* with GET", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}}},
    {"nobody's authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
    {"an authority with a user", {{":method", "GET"}, {":scheme", "http"}, {":authority", "u@a"}, {":path", "/"}}},
    {"an authority with a path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a/b"}, {":path", "/"}}},
    {"an authority with a space", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a b"}, {":path", "/"}}},
    {"CONNECT with a path", {{":method", "CONNECT"}, {":scheme", "http"}, {":authority", "a:1"}, {":path", "/"}}},
    {"CONNECT to nobody", {{":method", "CONNECT"}}},
    {"CONNECT without a port", {{":method", "CONNECT"}, {":authority", "a"}}},
    {"CONNECT with a length", {{":method", "CONNECT"}, {":authority", "a:1"}, {"content-length", "3"}}},
    {"extended CONNECT without a path", {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"}, {":authority", "a"}}},
    {"extended CONNECT that ends at once",
     {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}},
};

TEST_F(ServerTest, WhatIsMalformedIsNeverWalked) {
    begin();
    for (const auto& row : kRefused) {
        SCOPED_TRACE(row.what);
        const auto id = client().ask(with(get(), row.fields), row.flags);
        ASSERT_TRUE(is_answered(id));
        ASSERT_FALSE(client().has_ended) << "only the stream is at fault";
        EXPECT_TRUE(seen(id).fault) << "it was walked";
        EXPECT_TRUE(seen(id).method.empty());
        EXPECT_TRUE(answer(id).reset == NGHTTP2_PROTOCOL_ERROR || answer(id).status() == "400") << answer(id).reset;
    }
}

TEST_F(ServerTest, HeadsThatAreNoneAreNeverWalked) {
    begin();
    for (const auto& row : kRefusedHeads) {
        SCOPED_TRACE(row.what);
        const auto id = client().ask(row.fields);
        ASSERT_TRUE(is_answered(id));
        ASSERT_FALSE(client().has_ended) << "only the stream is at fault";
        EXPECT_TRUE(seen(id).fault) << "it was walked";
        EXPECT_TRUE(seen(id).method.empty());
        EXPECT_TRUE(answer(id).reset == NGHTTP2_PROTOCOL_ERROR || answer(id).status() == "400") << answer(id).reset;
    }
}

TEST_F(ServerTest, OddButAllowed) {
    const struct {
        const char* what;
        Pairs fields;
        const char* target;
    } kRows[] = {
        {"any octet that a path may have", get("/a%2Fb/;x=1?y=[]|\\^`{}\"<>"), "/a%2Fb/;x=1?y=[]|\\^`{}\"<>"},
        {"an asterisk", {{":method", "OPTIONS"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}}, "*"},
        {"a method that nobody knows", {{":method", "BREW"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}, "/"},
        {"host instead of an authority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}}, "/"},
        {"host as the authority", with(get(), {{"host", "A.EXAMPLE"}}), "/"},
        {"https where it is http", {{":method", "GET"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/"}}, "/"},
        {"octets above 127 in a value", with(get(), {{"x", "\xc3\xa9"}}), "/"},
        {"a length of nothing", with(get(), {{"content-length", "0"}}), "/"},
        {"an empty value", with(get(), {{"x", ""}}), "/"},
    };
    begin();
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        const auto id = client().ask(row.fields);
        ASSERT_TRUE(is_answered(id));
        EXPECT_FALSE(seen(id).fault) << seen(id).fault.detail;
        EXPECT_EQ(seen(id).target, row.target);
        EXPECT_EQ(seen(id).count("host"), 1U);
        EXPECT_EQ(answer(id).status(), "200");
    }
}

TEST_F(ServerTest, ALengthThatDisagreesWithTheData) {
    begin();
    for (const auto& [length, body] : {std::pair{"3", "abcd"}, {"3", "ab"}, {"1", ""}}) {
        SCOPED_TRACE(length);
        const auto id = client().ask(with(post(), {{"content-length", length}}), 0);
        client().say(data_text(id, body, kEndStream));
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(answer(id).reset, NGHTTP2_PROTOCOL_ERROR);
        ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
        EXPECT_FALSE(seen(id).read) << "the body must not look whole";
        EXPECT_FALSE(answer(id).is_whole);
    }
    const auto id = client().ask(with(post(), {{"content-length", "3"}}), 0);
    client().say(data_text(id, "abc", kEndStream));
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(seen(id).body, "abc");
    EXPECT_EQ(seen(id).framing, Framing::length);
}

TEST_F(ServerTest, BodiesAndTrailersBothWays) {
    const std::string large(3'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large, .trailers = {{"X-Sum", "1"}}, .framing = Framing::chunked}; };
    begin({}, {.segment_max = 20'000});
    const auto id = client().ask(post(), 0);
    client().send_body(id, large, false);
    ASSERT_TRUE(turn_until([&] { return client().sent(id) == large.size(); }));
    client().say(client().packer.headers(id, {{"grpc-status", "0"}, {"authorization", "secret"}}, kEndStream));
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(seen(id).framing, Framing::chunked);
    EXPECT_TRUE(seen(id).body == large);
    EXPECT_EQ(seen(id).trailers, (Pairs{{"grpc-status", "0"}})) << "what routes and authenticates is no trailer";
    EXPECT_TRUE(answer(id).body == large);
    EXPECT_EQ(answer(id).trailers, (Pairs{{"x-sum", "1"}}));
    EXPECT_EQ(answer(id).field("content-length"), "");
}

TEST_F(ServerTest, TrailersThatAreNone) {
    begin();
    const struct {
        const char* what;
        Pairs fields;
        std::uint8_t flags = kEndStream;
    } kRows[] = {{"a pseudo-header field", {{":path", "/"}}},
                 {"connection", {{"connection", "close"}}},
                 {"a line break", {{"x", "a\r\nb"}}},
                 {"no end", {{"x", "y"}}, 0},
                 {"too many of them", Pairs(RequestHead::kTrailersMax + 1, {"x", "y"})}};
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        const auto id = client().ask(post(), 0);
        client().say(data_text(id, "abc") + client().packer.headers(id, row.fields, row.flags));
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(answer(id).reset, NGHTTP2_PROTOCOL_ERROR);
        ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
        EXPECT_FALSE(seen(id).read);
    }
}

TEST_F(ServerTest, RepliesWithoutABody) {
    begin();
    const struct {
        const char* method;
        std::uint16_t status;
        const char* length;
    } kRows[] = {{"HEAD", 200, "5"}, {"GET", 204, ""}, {"GET", 304, "5"}};
    for (const auto& row : kRows) {
        serve_ = [&](const Request&) { return Serving{.status = row.status}; };
        const auto id = client().ask({{":method", row.method}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}});
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(answer(id).status(), std::to_string(row.status));
        EXPECT_EQ(answer(id).field("content-length"), row.length);
        EXPECT_EQ(answer(id).data_frames, 0U);
        EXPECT_TRUE(answer(id).is_whole);
    }
}

TEST_F(ServerTest, InterimRepliesComeFirst) {
    serve_ = [](const Request&) { return Serving{.interim = {100, 103}}; };
    begin();
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    ASSERT_EQ(answer(id).interim.size(), 2U);
    EXPECT_EQ(answer(id).interim[0].front().second, "100");
    EXPECT_EQ(answer(id).interim[1].front().second, "103");
    EXPECT_EQ(answer(id).status(), "200");
}

// RFC 9113 8.1: the reply is whole, then the client is told that the rest of its request is not wanted.
TEST_F(ServerTest, AReplyMayComeBeforeTheRequestsEnd) {
    serve_ = [](const Request&) { return Serving{.status = 413, .reads_body = false}; };
    begin();
    const auto id = client().ask(post(), 0);
    client().send_body(id, std::string(10'000, 'x'), false);
    ASSERT_TRUE(turn_until([&] { return answer(id).reset >= 0; }));
    EXPECT_EQ(answer(id).status(), "413");
    EXPECT_TRUE(answer(id).is_whole);
    EXPECT_EQ(answer(id).reset, NGHTTP2_NO_ERROR);
    client().say(data_text(id, "what was on its way", kEndStream));
    const auto next = client().ask(get());
    ASSERT_TRUE(is_answered(next));
    EXPECT_EQ(answer(next).status(), "413");
    EXPECT_TRUE(abuses_.empty());
}

TEST_F(ServerTest, WhoLeavesAReplyOpenResetsIt) {
    serve_ = [](const Request&) { return Serving{.leaves = true}; };
    begin();
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).reset, NGHTTP2_INTERNAL_ERROR);
}

TEST_F(ServerTest, AClientsResetEndsTheExchange) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    const auto id = client().ask(get());
    const auto other = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return streams_.size() == 2 && !seen(other).method.empty(); }));
    client().say(reset_text(id));
    ASSERT_TRUE(turn_until([&] { return seen(id).is_over; }));
    EXPECT_TRUE(seen(id).was_cancelled);
    EXPECT_FALSE(seen(id).written);
    EXPECT_EQ(resets_came_, 1U);
    stream(other).go_on.notify();
    ASSERT_TRUE(is_answered(other));
    EXPECT_EQ(answer(other).status(), "200");
}

TEST_F(ServerTest, AClientThatIsGoneEndsAllExchanges) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    for (int i = 0; i < 5; ++i) client().ask(get());
    ASSERT_TRUE(turn_until([&] { return connection().streams() == 5 && !seen(9).method.empty(); }));
    client().abort();
    ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
    for (const auto& [id, one] : seen_) EXPECT_TRUE(one.was_cancelled) << id;
}

TEST_F(ServerTest, AClientMayCloseItsHalfAndStillHear) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    const auto id = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return !seen(id).method.empty() && client().has_said_all(); }));
    client().half_close();
    pass(milliseconds(500));
    stream(id).go_on.notify();
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).body, "hello");
}

TEST_F(ServerTest, AWebSocketIsAStream) {
    serve_ = [](const Request&) { return Serving{.reads_body = false, .echoes = true}; };
    begin();
    const auto id = client().ask({{":method", "CONNECT"},
                                  {":protocol", "websocket"},
                                  {":scheme", "http"},
                                  {":authority", "a"},
                                  {":path", "/chat"},
                                  {"sec-websocket-version", "13"},
                                  {"sec-websocket-key", "x"}},
                                 0);
    ASSERT_TRUE(turn_until([&] { return !answer(id).head.empty(); }));
    EXPECT_EQ(answer(id).status(), "200");
    EXPECT_EQ(seen(id).method, "GET");
    EXPECT_EQ(seen(id).target, "/chat");
    EXPECT_EQ(seen(id).upgrade, "websocket");
    EXPECT_EQ(seen(id).field("sec-websocket-key").size(), 24U) << "made for the origin; what a client says is not believed";
    const std::string large(500'000, 'w');
    client().send_body(id, "hi", false);
    client().send_body(id, large, true);
    ASSERT_TRUE(is_answered(id));
    EXPECT_TRUE(answer(id).body == "hi" + large);
    EXPECT_TRUE(answer(id).is_whole);
}

TEST_F(ServerTest, OctetsMayComeInAnyPieces) {
    const std::string body(20'000, 'y');
    serve_ = [&](const Request&) { return Serving{.body = body, .trailers = {{"x", "y"}}}; };
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
        SCOPED_TRACE(seed);
        begin({}, {.segment_max = 1 + 3 * seed, .short_write = 0.5});
        const auto id = client().ask(with(post("/x"), {{"x-long", std::string(30'000 / (seed + 1), 'l')}}), 0);
        client().send_body(id, body);
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(seen(id).body, body);
        EXPECT_EQ(answer(id).body, body);
        TearDown();
    }
}

TEST_F(ServerTest, HeadsHaveLimits) {
    limits_.head = {.request_line_max = 100, .header_count_max = 10, .header_bytes_max = 2000};
    begin();
    const struct {
        const char* what;
        Pairs fields;
        ErrorCode code;
    } kRows[] = {{"a long path", get("/" + std::string(100, 'a')), ErrorCode::uri_too_long},
                 {"many fields", with(get(), Pairs(11, {"x", "y"})), ErrorCode::fields_too_large},
                 {"a large field", with(get(), {{"x", std::string(2000, 'y')}}), ErrorCode::fields_too_large}};
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        const auto id = client().ask(row.fields);
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(seen(id).fault.code, row.code);
        EXPECT_FALSE(client().has_ended);
    }
    const auto id = client().ask(with(get(), Pairs(40, {"cookie", "a=b"})));
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).status(), "200") << "crumbs of cookies count as one field";
}

// Until a client has acknowledged SETTINGS it can't know the limit.
TEST_F(ServerTest, MoreStreamsThanAllowedAreRefusedAndNobodyIsPunished) {
    limits_.streams_max = 10;
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin({.answers = false});
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(client().ask(get()));
    ASSERT_TRUE(turn_until([&] { return answer(ids.back()).reset >= 0; }));
    EXPECT_EQ(walks_most_, 10U);
    EXPECT_EQ(answer(ids.back()).reset, NGHTTP2_REFUSED_STREAM);
    for (std::size_t i = 0; i < 10; ++i) stream(ids[i]).go_on.notify();
    for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(is_answered(ids[i]));
    EXPECT_EQ(answer(ids[9]).status(), "200");
    EXPECT_TRUE(abuses_.empty());
    EXPECT_FALSE(client().has_ended);
}

TEST_F(ServerTest, WhomTheHouseRefusesIsToldSo) {
    begin();
    refuses_ = true;
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).reset, NGHTTP2_REFUSED_STREAM);
    refuses_ = false;
    const auto next = client().ask(get());
    ASSERT_TRUE(is_answered(next));
    EXPECT_EQ(answer(next).status(), "200") << "the block that was passed over still counts for HPACK";
}

// RFC 9113 6.8: what is on its way when the end is announced is still served.
TEST_F(ServerTest, FarewellInTwoSteps) {
    serve_ = [](const Request& request) { return Serving{.waits = request.target == "/slow"}; };
    begin();
    const auto slow = client().ask(get("/slow"));
    ASSERT_TRUE(turn_until([&] { return !seen(slow).method.empty(); }));
    connection().shut_down();
    const auto late = client().ask(get());
    ASSERT_TRUE(is_answered(late));
    EXPECT_EQ(answer(late).status(), "200");
    ASSERT_TRUE(turn_until([&] { return client().goaways.size() == 2; }));
    EXPECT_EQ(client().goaways[0].last, 0x7fffffffU);
    EXPECT_EQ(client().goaways[1].last, late);
    EXPECT_EQ(client().goaways[1].code, NGHTTP2_NO_ERROR);
    const auto lost = client().ask(get());
    pass(seconds(1));
    EXPECT_FALSE(seen_.contains(lost)) << "above the last stream: the client asks again elsewhere";
    EXPECT_FALSE(client().has_ended);
    stream(slow).go_on.notify();
    ASSERT_TRUE(is_answered(slow));
    EXPECT_EQ(answer(slow).body, "hello");
    EXPECT_TRUE(has_ended());
}

TEST_F(ServerTest, AClientThatDoesNotAnswerTheFarewellIsNotWaitedFor) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin({.answers = false});
    const auto slow = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return !seen(slow).method.empty(); }));
    connection().shut_down();
    ASSERT_TRUE(turn_until([&] { return client().goaways.size() == 2; }));
    stream(slow).go_on.notify();
    ASSERT_TRUE(is_answered(slow));
    EXPECT_TRUE(has_ended());
}

TEST_F(ServerTest, IdleConnectionsAreTold) {
    begin();
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    pass(limits_.keep_alive_idle - seconds(2));
    EXPECT_FALSE(client().has_ended);
    ASSERT_TRUE(has_ended());
    EXPECT_EQ(client().goaway_code(), NGHTTP2_NO_ERROR);
    EXPECT_EQ(client().goaways.back().last, id);
    EXPECT_TRUE(abuses_.empty());
}

TEST_F(ServerTest, WhoNeverAsksIsNotWaitedFor) {
    begin();
    const auto began = world_.worker().now();
    ASSERT_TRUE(has_ended());
    EXPECT_LE(world_.worker().now() - began, limits_.first_idle + seconds(2));
}

}  // namespace
}  // namespace weir::http::h2
