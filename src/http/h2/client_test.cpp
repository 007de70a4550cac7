#include <gtest/gtest.h>

#include "http/h2/asking_for_test.h"

namespace weir::http::h2 {
namespace {

TEST_F(ClientTest, ARequestAndItsAnswer) {
    begin({.on_whole = answers({{":status", "200"}, {"content-length", "5"}, {"x-a", "b"}}, "hello")});
    const auto got =
        perform({.target = "/a?b", .fields = {{"Host", "shop.example"}, {"X-Case", "Kept"}, {"TE", "trailers"}, {"Connection", "x"}}});
    ASSERT_TRUE(got.head) << got.head.error().detail;
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.framing, Framing::length);
    EXPECT_EQ(got.field("x-a"), "b");
    EXPECT_TRUE(got.may_be_kept);
    const auto& heard = session().heard.at(1);
    EXPECT_EQ(heard.fields, (Pairs{{":method", "GET"},
                                   {":scheme", "http"},
                                   {":authority", "shop.example"},
                                   {":path", "/a?b"},
                                   {"x-case", "Kept"},
                                   {"te", "trailers"}}));
}

TEST_F(ClientTest, BodiesAndTrailersBothWays) {
    const std::string large(3'000'000, 'x');
    begin({.on_whole = answers({{":status", "200"}}, large, {{"grpc-status", "0"}})}, {.segment_max = 20'000});
    const auto got = perform({.method = "POST", .body = large, .trailers = {{"X-Sum", "1"}}});
    ASSERT_TRUE(got.head) << got.head.error().detail;
    EXPECT_TRUE(got.sent);
    EXPECT_EQ(got.body.size(), large.size());
    EXPECT_EQ(got.framing, Framing::chunked);
    EXPECT_EQ(got.trailers, (Pairs{{"grpc-status", "0"}}));
    EXPECT_TRUE(got.may_be_kept);
    EXPECT_EQ(session().heard.at(1).body, large);
    EXPECT_EQ(session().heard.at(1).trailers, (Pairs{{"x-sum", "1"}}));
}

TEST_F(ClientTest, WhatMayNotStandInTrailersIsDropped) {
    begin({.on_whole = answers({{":status", "200"}}, "body", {{"set-cookie", "a=b"}, {"cache-control", "max-age=9"}, {"x-sum", "1"}})});
    const auto got = perform({});
    ASSERT_TRUE(got.head) << got.head.error().detail;
    EXPECT_EQ(got.body, "body");
    EXPECT_EQ(got.trailers, (Pairs{{"x-sum", "1"}}));
}

TEST_F(ClientTest, InterimAnswersComeFirst) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        origin.interim(request.stream, {{":status", "103"}, {"link", "</a.css>"}});
        origin.interim(request.stream, {{":status", "103"}});
        origin.answer(request.stream, {{":status", "204"}});
    }});
    const auto got = perform({});
    EXPECT_EQ(got.interim, (std::vector{103, 103}));
    EXPECT_EQ(got.status, 204);
    EXPECT_TRUE(got.may_be_kept);
}

TEST_F(ClientTest, BadAnswersAreRefused) {
    Pairs large{{":status", "200"}};
    for (int i = 0; i < 20; ++i) large.emplace_back("x-bomb", std::string(4000, 'x'));
    Pairs many{{":status", "200"}};
    for (int i = 0; i < 300; ++i) many.emplace_back("x", "y");
    const struct {
        const char* what;
        Pairs fields;
        std::string body;
        ErrorCode code = ErrorCode::malformed;
    } kRows[] = {
        {"fields that are too large", large, "", ErrorCode::fields_too_large},
        {"too many fields", many, "", ErrorCode::fields_too_large},
        {"no status", {{"x", "y"}}, ""},
        {"a status of letters", {{":status", "2x0"}}, ""},
        {"a status too small", {{":status", "099"}}, ""},
        {"a status too large", {{":status", "600"}}, ""},
        {"101", {{":status", "101"}}, ""},
        {"two statuses", {{":status", "200"}, {":status", "200"}}, ""},
        {"an unknown pseudo-header", {{":status", "200"}, {":x", "y"}}, ""},
        {"a pseudo-header behind a field", {{"x", "y"}, {":status", "200"}}, ""},
        {"Connection", {{":status", "200"}, {"connection", "close"}}, ""},
        {"Transfer-Encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}, ""},
        {"Keep-Alive", {{":status", "200"}, {"keep-alive", "timeout=5"}}, ""},
        {"a line break in a value", {{":status", "200"}, {"x", "a\r\nb: c"}}, ""},
        {"a NUL in a value", {{":status", "200"}, {"x", std::string("a\0b", 3)}}, ""},
        {"a space in a name", {{":status", "200"}, {"x y", "a"}}, ""},
        {"a colon in a name", {{":status", "200"}, {"x:y", "a"}}, ""},
        {"two lengths", {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}, "a"},
        {"a length of letters", {{":status", "200"}, {"content-length", "x"}}, "a"},
        {"a length too short", {{":status", "200"}, {"content-length", "1"}}, "abc"},
        {"a length too long", {{":status", "200"}, {"content-length", "5"}}, "abc"},
        {"a length without a body", {{":status", "200"}, {"content-length", "5"}}, ""},
    };
    const Pairs* fields = nullptr;
    const std::string* body = nullptr;
    begin({.on_whole = [&](OriginSession& origin, HeardRequest& request) { origin.answer(request.stream, *fields, *body); },
           .is_lenient = true});
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        fields = &row.fields;
        body = &row.body;
        const auto got = perform({});
        const auto& outcome = got.head ? got.whole : got.head;
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, row.code);
        EXPECT_EQ(outcome.error().side, Side::upstream);
        EXPECT_EQ(outcome.error().retry, Retry::no);
        EXPECT_FALSE(got.may_be_kept);
    }
    EXPECT_EQ(overs_, 0) << "a bad answer is one stream's, not the connection's";
}

// What libnghttp2 passes over behind a bad head is no part of that head.
TEST_F(ClientTest, ABadAnswersBodyIsNobodysHead) {
    begin({.on_whole =
               [](OriginSession& origin, HeardRequest& request) {
                   if (request.stream == 1) return origin.answer(1, {{":status", "2x0"}}, std::string(400'000, 'x'));
                   origin.answer(request.stream, {{":status", "200"}}, "fine");
               },
           .is_lenient = true},
          {.segment_max = 4000});
    const auto [bad, good] = perform_two();
    EXPECT_FALSE(bad.head);
    EXPECT_EQ(good.body, "fine");
    EXPECT_EQ(overs_, 0);
}

TEST_F(ClientTest, WhoLeavesCancelsTheStream) {
    begin({.on_head = [](OriginSession&, HeardRequest&) {}});
    const auto got = perform({.leaves = true});
    EXPECT_FALSE(got.may_be_kept);
    EXPECT_TRUE(turn_until([&] { return session().heard[1].reset_code == NGHTTP2_CANCEL; }));
    EXPECT_EQ(overs_, 0);
}

// Its frames wait for room in the output when it leaves.
TEST_F(ClientTest, WhoLeavesWhileTheSocketIsFullTakesItsOctetsAlong) {
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10'000'000}}, .on_whole = answers({{":status", "200"}})});
    nghttp2_session_set_local_window_size(session().session, 0, 0, 10'000'000);
    ASSERT_TRUE(world_.run(session().say()));
    pass(seconds(1));
    const std::string large(1'000'000, 'x');
    {
        Arena arena;
        ClientExchange leaver(*connection_, arena);
        Request request(arena);
        request.method_name = "POST", request.method = Method::post, request.authority = "a.example";
        request.framing = Framing::chunked;
        ASSERT_TRUE(leaver.put_head(request, "/", {}, false));
        const Piece piece{.octets = large, .owner = {}};
        ASSERT_TRUE(leaver.put({&piece, 1}, false, nullptr));
        ASSERT_TRUE(turn_until([&] { return session().heard[1].body.size() > 10'000; }));
    }
    ASSERT_TRUE(turn_until([&] { return session().heard[1].reset_code == NGHTTP2_CANCEL; }));
    EXPECT_LT(session().heard[1].body.size(), large.size());
    EXPECT_EQ(perform({.method = "POST", .body = "whole"}).status, 200);
    EXPECT_EQ(overs_, 0);
}

TEST_F(ClientTest, ResetsAndRefusals) {
    const struct {
        std::uint32_t code;
        ErrorCode error;
        Retry retry;
    } kRows[] = {{NGHTTP2_REFUSED_STREAM, ErrorCode::refused_stream, Retry::yes},
                 {NGHTTP2_HTTP_1_1_REQUIRED, ErrorCode::unsupported_version, Retry::yes},
                 {NGHTTP2_INTERNAL_ERROR, ErrorCode::reset, Retry::no},
                 {NGHTTP2_CANCEL, ErrorCode::reset, Retry::no}};
    std::uint32_t code = 0;
    begin({.on_whole = [&](OriginSession& origin, HeardRequest& request) {
        nghttp2_submit_rst_stream(origin.session, 0, request.stream, code);
    }});
    for (const auto& row : kRows) {
        code = row.code;
        const auto got = perform({});
        ASSERT_FALSE(got.head);
        EXPECT_EQ(got.head.error().code, row.error);
        EXPECT_EQ(got.head.error().retry, row.retry);
    }
}

TEST_F(ClientTest, StreamsAboveAGoawaysLastOneMayBeSentAgain) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        if (request.stream == 1) return;
        nghttp2_submit_goaway(origin.session, 0, 1, NGHTTP2_NO_ERROR, nullptr, 0);
        origin.answer(1, {{":status", "200"}}, "late");
    }});
    const auto [first, second] = perform_two();
    EXPECT_EQ(first.body, "late");
    ASSERT_FALSE(second.head);
    EXPECT_EQ(second.head.error().retry, Retry::yes);
    EXPECT_FALSE(connection_->may_open());
    EXPECT_TRUE(turn_until([&] { return connection_->is_over(); }));
    EXPECT_EQ(overs_, 1);
}

TEST_F(ClientTest, AGoawayMaySayThatHttp11IsWanted) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest&) {
        nghttp2_submit_goaway(origin.session, 0, 0, NGHTTP2_HTTP_1_1_REQUIRED, nullptr, 0);
    }});
    const auto got = perform({});
    ASSERT_FALSE(got.head);
    EXPECT_EQ(got.head.error().code, ErrorCode::unsupported_version);
    EXPECT_EQ(got.head.error().retry, Retry::yes);
}

TEST_F(ClientTest, AConnectionThatBreaksFailsItsExchanges) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        if (request.stream == 1) return origin.keep_open(1), origin.answer(1, {{":status", "200"}}, "half");
        origin.is_cut = true;
    }});
    const auto [first, second] = perform_two();
    EXPECT_EQ(first.body, "half");
    ASSERT_FALSE(first.whole);
    EXPECT_EQ(first.whole.error().code, ErrorCode::truncated);
    ASSERT_FALSE(second.head);
    EXPECT_EQ(second.head.error().code, ErrorCode::closed);
    EXPECT_EQ(second.head.error().retry, Retry::no);
    EXPECT_EQ(overs_, 1);
}

TEST_F(ClientTest, ASlowStreamDoesNotStallOthers) {
    const std::string large(1'000'000, 'x');
    begin({.on_whole = answers({{":status", "200"}}, large)}, {.segment_max = 60'000});
    io::Event go_on;
    Got slow;
    io::Scope scope;
    scope.spawn(exchange({.go_on = &go_on}, slow));
    ASSERT_TRUE(turn_until([&] { return slow.status == 200; }));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(perform({}).body.size(), large.size());
    EXPECT_FALSE(slow.is_over);
    go_on.notify();
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(slow.body.size(), large.size());
}

TEST_F(ClientTest, AnOriginThatTakesNothingStallsTheUpload) {
    begin({.on_head = {}, .takes_body = false});
    const auto got = perform({.method = "POST", .body = std::string(1'000'000, 'x')});
    ASSERT_FALSE(got.sent);
    EXPECT_EQ(got.sent.error().code, ErrorCode::timeout);
}

TEST_F(ClientTest, AnEarlyAnswerEndsTheUpload) {
    begin({.on_head = answers({{":status", "413"}, {"content-length", "0"}}), .takes_body = false});
    Got got;
    io::Scope scope;
    scope.spawn(exchange({.method = "POST", .body = std::string(1'000'000, 'x')}, got));
    ASSERT_TRUE(turn_until([&] { return session().heard[1].body.size() > 60'000; }));
    nghttp2_submit_rst_stream(session().session, 0, 1, NGHTTP2_NO_ERROR);
    ASSERT_TRUE(world_.run(session().say()));
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    ASSERT_FALSE(got.sent);
    EXPECT_EQ(got.sent.error().code, ErrorCode::closed);
    EXPECT_EQ(got.status, 413);
    EXPECT_TRUE(got.whole);
}

TEST_F(ClientTest, AWebSocketIsAStream) {
    begin({.settings = {{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}, .on_head = answers({{":status", "200"}}, "welcome")});
    EXPECT_TRUE(connection_->takes_extended_connect());
    const auto got = perform({.target = "/chat",
                              .fields = {{"Host", "a"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Version", "13"}},
                              .upgrade = "websocket"});
    EXPECT_EQ(got.status, 101);
    EXPECT_EQ(got.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(got.body, "welcome");
    EXPECT_EQ(session().heard.at(1).fields, (Pairs{{":method", "CONNECT"},
                                                   {":protocol", "websocket"},
                                                   {":scheme", "http"},
                                                   {":authority", "a"},
                                                   {":path", "/chat"},
                                                   {"sec-websocket-version", "13"}}));
    EXPECT_FALSE(session().heard.at(1).is_whole);
}

TEST_F(ClientTest, AWebSocketIsNotSentAsSomethingElse) {
    begin({.on_head = answers({{":status", "200"}})});
    const auto got = perform({.fields = {{"Host", "a"}, {"Sec-WebSocket-Key", "x"}}, .upgrade = "websocket"});
    ASSERT_FALSE(got.sent);
    EXPECT_EQ(got.sent.error().code, ErrorCode::unsupported_version);
    EXPECT_EQ(got.sent.error().retry, Retry::yes);
    EXPECT_TRUE(session().heard.empty());
}

TEST_F(ClientTest, FloodsEndTheConnection) {
    const std::string ping{"\0\0\x08\x06\x01\0\0\0\0", 9};  // an answer to a PING that nobody has sent
    const std::string empty{"\0\0\0\0\0\0\0\0\x01", 9};
    std::string continuation{"\0\0\0\x01\0\0\0\0\x01", 9};
    for (int i = 0; i < 20'000; ++i) continuation += std::string{"\0\0\0\x09\0\0\0\0\x01", 9};
    std::string pings, settings;
    for (int i = 0; i < 12'000; ++i) pings += ping + std::string(8, 'x'), settings += std::string{"\0\0\0\x04\0\0\0\0\0", 9};
    const std::pair<const char*, std::string> kRows[] = {{"ping", pings}, {"settings", settings}, {"continuation", continuation}};
    for (const auto& [what, octets] : kRows) {
        SCOPED_TRACE(what);
        begin({.on_whole = [&](OriginSession& origin, HeardRequest&) { origin.octets(octets); }}, {.segment_max = 30'000});
        const auto got = perform({});
        ASSERT_FALSE(got.head);
        EXPECT_TRUE(got.head.error().code == ErrorCode::abuse || got.head.error().code == ErrorCode::malformed) << got.head.error().detail;
        EXPECT_TRUE(connection_->is_over());
        end();
    }
}

TEST_F(ClientTest, WhoSpeaksNoHttp2IsFoundOutBeforeARequestIsSent) {
    auto listener = std::make_unique<net::Listener>(*net::listen(kAt, {}));
    std::vector<std::unique_ptr<net::Stream>> taken;
    io::Stop stop;
    io::Scope scope;
    scope.spawn(listener->run(
        [&](net::Accepted accepted) {
            taken.push_back(std::make_unique<net::SocketStream>(accepted.handle));
            auto part = net::iovec_of("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            taken.back()->write({&part, 1});
        },
        stop));
    ASSERT_TRUE(world_.run(connect()));
    ASSERT_FALSE(opened_);
    EXPECT_EQ(opened_.error().code, ErrorCode::malformed);
    EXPECT_EQ(opened_.error().retry, Retry::yes);
    stop.request();
    EXPECT_TRUE(turn_until([&] { return scope.running() == 0; }));
}

TEST_F(ClientTest, OctetsMayComeInAnyPieces) {
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        begin({.on_whole = answers({{":status", "200"}}, std::string(20'000, 'y'), {{"x", "y"}})},
              {.segment_max = 1 + 2 * seed, .short_write = 0.5});
        const auto got = perform({.method = "POST", .body = std::string(2000, 'z')});
        EXPECT_EQ(got.body.size(), 20'000U);
        EXPECT_EQ(session().heard.at(1).body.size(), 2000U);
        end();
    }
}

}  // namespace
}  // namespace weir::http::h2
