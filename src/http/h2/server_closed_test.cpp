// What comes for a stream that is over, or whose reply is: the same answer, whoever was quicker (RFC 9113 5.1, 8.1).
#include "http/h2/server_for_test.h"

namespace weir::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerClosedTest : public ServerTest {
protected:
    // A request that has not ended, and its whole reply.
    std::uint32_t replied_early(const Pairs& more = {}) {
        serve_ = [](const Request&) { return Serving{.reads_body = false}; };
        begin();
        auto fields = post();
        fields.insert(fields.end(), more.begin(), more.end());
        const auto id = client().ask(fields, 0);
        EXPECT_TRUE(turn_until([&] { return answer(id).is_whole; }));
        pass(milliseconds(10));
        EXPECT_EQ(answer(id).reset, -1) << "what the client is about to say still counts";
        return id;
    }
    // A stream that we have reset while its client may still speak.
    std::uint32_t reset_by_us() {
        serve_ = [](const Request&) { return Serving{.reads_body = false, .leaves = true}; };
        begin();
        const auto id = client().ask(post(), 0);
        EXPECT_TRUE(turn_until([&] { return answer(id).reset >= 0; }));
        return id;
    }
    void expect_end(std::uint32_t code) {
        ASSERT_TRUE(has_ended());
        EXPECT_EQ(client().goaway_code(), code);
        EXPECT_TRUE(abuses_.empty());
        TearDown();
    }
    std::string trailers(std::uint32_t id) { return client().packer.headers(id, {{"x", "y"}}); }
};

TEST_F(ServerClosedTest, ARequestMayEndBehindItsReply) {
    const auto id = replied_early();
    client().say(data_text(id, "the rest", kEndStream));
    ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
    pass(seconds(3));
    EXPECT_EQ(answer(id).reset, -1);
    EXPECT_FALSE(client().has_ended);
}

TEST_F(ServerClosedTest, WhoNeverEndsARequestIsToldThatNobodyWantsIt) {
    const auto id = replied_early();
    ASSERT_TRUE(turn_until([&] { return answer(id).reset >= 0; }));
    EXPECT_EQ(answer(id).reset, NGHTTP2_NO_ERROR);
    ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
}

TEST_F(ServerClosedTest, WhoSaysMuchMoreOfARequestIsToldAtOnce) {
    for (const bool is_much : {false, true}) {
        const auto id = replied_early();
        const auto before = world_.worker().now();
        for (int i = 0; i < 3; ++i) client().say(data_text(id, is_much ? std::string(8000, 'x') : "more"));
        ASSERT_TRUE(turn_until([&] { return answer(id).reset >= 0; }));
        EXPECT_EQ(answer(id).reset, NGHTTP2_NO_ERROR);
        EXPECT_EQ(world_.worker().now() - before < milliseconds(500), is_much);
        TearDown();
    }
}

TEST_F(ServerClosedTest, AFaultBehindTheReplyIsStillOne) {
    struct Row {
        const char* what;
        std::function<std::string(TestClient& client, std::uint32_t id)> say;
        std::int64_t code;
    };
    for (const auto& row : {
             Row{"a window that overflows", [](TestClient&, std::uint32_t id) { return window_text(id, 0x7fffffff); },
                 NGHTTP2_FLOW_CONTROL_ERROR},
             Row{"more than was said", [](TestClient&, std::uint32_t id) { return data_text(id, "ab", kEndStream); },
                 NGHTTP2_PROTOCOL_ERROR},
             Row{"trailers without an end",
                 [](TestClient& client, std::uint32_t id) { return data_text(id, "a") + client.packer.headers(id, {{"x", "y"}}, 0); },
                 NGHTTP2_PROTOCOL_ERROR},
             Row{"trailers that are none",
                 [](TestClient& client, std::uint32_t id) { return client.packer.headers(id, {{":method", "200"}}); },
                 NGHTTP2_PROTOCOL_ERROR},
         }) {
        SCOPED_TRACE(row.what);
        const auto id = replied_early({{"content-length", "1"}});
        client().say(row.say(client(), id));
        ASSERT_TRUE(turn_until([&] { return answer(id).reset >= 0; }));
        EXPECT_EQ(answer(id).reset, row.code);
        TearDown();
    }
}

// RFC 9113 6.1, whatever has become of the stream.
TEST_F(ServerClosedTest, PaddingThatFillsItsFrameEndsTheConnection) {
    for (const char* payload : {"\x04xyz", "\xffxyz", ""}) {
        for (const bool is_reset : {false, true}) {
            SCOPED_TRACE(is_reset);
            const auto id = is_reset ? reset_by_us() : replied_early();
            client().say(data_text(id, payload, kPadded | kEndStream));
            expect_end(NGHTTP2_PROTOCOL_ERROR);
        }
    }
}

TEST_F(ServerClosedTest, WhatWasOnItsWayToAResetStreamIsPassedOver) {
    const auto id = reset_by_us();
    client().say(data_text(id, "\x01xyz", kPadded) + data_text(id, "more") + trailers(id));
    const auto next = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(next).reset >= 0; }));
    EXPECT_FALSE(client().has_ended);
}

// RFC 9113 5.1: who has reset a stream says nothing of it any more, also when we had reset it before.
TEST_F(ServerClosedTest, WhoHasResetAStreamIsSilent) {
    for (const bool with_data : {false, true}) {
        const auto say = [&](std::uint32_t id) { return reset_text(id) + (with_data ? data_text(id, "x") : trailers(id)); };
        SCOPED_TRACE(with_data);
        auto id = replied_early();
        client().say(say(id));
        expect_end(NGHTTP2_STREAM_CLOSED);
        id = reset_by_us();
        client().say(say(id));
        expect_end(NGHTTP2_STREAM_CLOSED);
        id = reset_by_us();
        client().say(reset_text(id));
        pass(milliseconds(10));
        client().say(with_data ? data_text(id, "x") : trailers(id));
        expect_end(NGHTTP2_STREAM_CLOSED);
    }
}

// The connection breaks while a stream is at each step of its life: nobody speaks to one that is gone.
TEST_F(ServerClosedTest, AllStreamsEndWithTheirConnection) {
    const std::string large(1'000'000, 'x');
    for (const bool breaks : {false, true}) {
        serve_ = [&](const Request& request) {
            return Serving{.body = request.target == "/large" ? large : "hello", .reads_body = false, .waits = request.target == "/wait"};
        };
        begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000}}, .opens_windows = false});
        const auto waiting = client().ask(get("/wait"));
        const auto stuck = client().ask(get("/large"));
        const auto open = client().ask(post(), 0);
        client().ask({{":method", "GET"}, {"connection", "x"}});
        const auto head = client().packer.block(get());
        client().say(Frame{.type = FrameType::headers, .id = client().next_id, .payload = head.substr(0, 2)}.text());
        ASSERT_TRUE(turn_until([&] { return !seen(waiting).method.empty() && answer(open).is_whole && !answer(stuck).body.empty(); }));
        if (breaks) client().abort();
        else client().say(data_text(0, "x"));
        ASSERT_TRUE(has_ended());
        connection().shut_down();
        client().leave();
        ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
        TearDown();
    }
}

}  // namespace
}  // namespace weir::http::h2
