// Flow control of the server's side: windows follow what is taken, one stream never waits for another, nothing is held without bound.
#include "http/h2/server_for_test.h"

namespace weir::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerFlowTest : public ServerTest {};

bool is_slow(const Request& request) { return request.target == "/slow"; }

TEST_F(ServerFlowTest, ABodyThatNobodyTakesShutsItsWindowAndNoOther) {
    const std::string large(1'000'000, 'x');
    serve_ = [](const Request& request) { return Serving{.waits = is_slow(request)}; };
    begin({}, {.segment_max = 60'000});
    const auto slow = client().ask(post("/slow"), 0);
    client().send_body(slow, large);
    ASSERT_TRUE(turn_until([&] { return client().sent(slow) == ServerConnection::kStreamWindow && client().has_said_all(); }));
    for (int i = 0; i < 5; ++i) {
        const auto id = client().ask(post(), 0);
        client().send_body(id, large);
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(seen(id).body.size(), large.size());
    }
    EXPECT_EQ(client().sent(slow), ServerConnection::kStreamWindow) << "the window opened though nothing was taken";
    EXPECT_EQ(client().windows[slow], 0U);
    stream(slow).go_on.notify();
    ASSERT_TRUE(is_answered(slow));
    EXPECT_EQ(seen(slow).body.size(), large.size());
}

TEST_F(ServerFlowTest, AWindowGrowsForWhoeverIsWaitedFor) {
    begin({}, {.delay_max = milliseconds(50), .segment_max = 60'000});
    const auto id = client().ask(post(), 0);
    client().send_body(id, std::string(16'000'000, 'x'));
    std::uint64_t most = 0;
    ASSERT_TRUE(turn_until([&] {
        most = std::max(most, ServerConnection::kStreamWindow + client().windows[id] -
                                  std::min<std::uint64_t>(seen(id).body.size(), client().windows[id]));
        return answer(id).is_whole;
    }));
    EXPECT_EQ(seen(id).body.size(), 16'000'000U);
    EXPECT_GE(most, 2'000'000U) << "one stream must fill a long fat pipe";
    EXPECT_LE(most, ServerConnection::kStreamWindowMax + ServerConnection::kStreamWindow);
}

TEST_F(ServerFlowTest, AllWindowsTogetherHaveABound) {
    limits_.streams_max = 1000;
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin({}, {.segment_max = 60'000, .window = 1 << 20});
    for (int i = 0; i < 1000; ++i) client().send_body(client().ask(post(), 0), std::string(100'000, 'x'), false);
    pass(seconds(5));
    std::uint64_t held = 0;
    for (std::uint32_t id = 1; id < 2000; id += 2) held += client().sent(id);
    EXPECT_GT(held, 1'000'000U);
    EXPECT_LE(held, ServerConnection::kReceiveMax);
    EXPECT_TRUE(abuses_.empty());
}

TEST_F(ServerFlowTest, WhoSendsBeyondAWindowIsCutOff) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    const auto id = client().ask(post(), 0);
    for (int i = 0; i < 5; ++i) client().say(data_text(id, std::string(16'000, 'x')));
    ASSERT_TRUE(turn_until([&] { return answer(id).reset >= 0 || client().has_ended; }));
    const auto code = client().has_ended ? client().goaway_code() : static_cast<std::uint32_t>(answer(id).reset);
    EXPECT_EQ(code, NGHTTP2_FLOW_CONTROL_ERROR);
}

TEST_F(ServerFlowTest, AReplyWaitsForItsWindowAndNoOther) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000}}, .opens_windows = false});
    client().say(window_text(0, 100'000'000));
    const auto slow = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(slow).body.size() == 1000; }));
    for (int i = 0; i < 5; ++i) {
        const auto id = client().ask(get());
        client().say(window_text(id, 2'000'000));
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(answer(id).body.size(), large.size());
    }
    EXPECT_EQ(answer(slow).body.size(), 1000U);
    EXPECT_LE(stream(slow).octets_out(), ServerExchange::kAheadMax + 100'000) << "more was taken from its source than may wait";
    client().say(window_text(slow, 2'000'000));
    ASSERT_TRUE(is_answered(slow));
    EXPECT_EQ(answer(slow).body.size(), large.size());
}

TEST_F(ServerFlowTest, AStreamThatEndsWithItsLastOctetLeavesNobodyBehind) {
    serve_ = [&](const Request&) { return Serving{.body = std::string(10'000, 'x')}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000}}, .opens_windows = false});
    const auto id = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(id).body.size() == 1000; }));
    client().say(window_text(id, 2'000'000));
    ASSERT_TRUE(turn_until([&] { return seen(id).is_over && answer(id).is_whole; }));
    EXPECT_TRUE(seen(id).written);
}

TEST_F(ServerFlowTest, AWindowThatTheClientMakesSmallerWhileARepliesGoes) {
    const std::string large(200'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.opens_windows = false});
    client().say(window_text(0, 100'000'000));
    const auto id = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(id).body.size() == 65'535; }));
    client().say(settings_text({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}}) + window_text(id, 65'535));
    ASSERT_TRUE(turn_until([&] { return answer(id).body.size() == 65'545; }));
    client().say(settings_text({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000'000}}));
    ASSERT_TRUE(is_answered(id));
    EXPECT_TRUE(answer(id).body == large);
}

TEST_F(ServerFlowTest, ManyRepliesToAClientThatReadsNothing) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff}}});
    client().say(window_text(0, 0x7fff0000 - 65'535));
    client().set_reading(false);
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 100; ++i) ids.push_back(client().ask(get()));
    pass(seconds(5));
    std::uint64_t taken = 0;
    for (const auto id : ids) taken += stream(id).octets_out();
    EXPECT_LE(taken, ServerConnection::kQueuedMax + 100 * 100'000) << "what waits to be sent is bounded over all streams";
    client().set_reading(true);
    ASSERT_TRUE(is_answered(ids.front()));
    EXPECT_EQ(answer(ids.front()).body.size(), large.size());
}

// Streams that compete for a connection's window; `updates` are said before the first octet may go.
class PriorityTest : public ServerTest {
protected:
    std::vector<std::uint32_t> order_of(const std::vector<std::string>& priorities, const std::string& update = {}) {
        serve_ = [this](const Request&) { return Serving{.body = large_, .waits = true}; };
        begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10'000'000}}, .opens_windows = false}, {.segment_max = 60'000});
        std::vector<std::uint32_t> ids;
        for (const auto& priority : priorities) {
            auto fields = get();
            if (!priority.empty()) fields.emplace_back("priority", priority);
            ids.push_back(client().ask(fields));
        }
        if (!update.empty()) client().say(Frame{.type = FrameType::priority_update, .payload = number_text(ids.back(), 4) + update}.text());
        client().say(ping_text());
        EXPECT_TRUE(turn_until([&] { return streams_.size() == ids.size() && client().pings == 1; }));
        for (const auto id : ids) stream(id).go_on.notify();
        for (std::size_t i = 0; i < 100 * ids.size(); ++i) {
            client().say(window_text(0, 20'000));
            pass(std::chrono::milliseconds(20));
        }
        for (const auto id : ids) EXPECT_EQ(answer(id).body.size(), large_.size());
        return client().order;
    }
    const std::string large_ = std::string(400'000, 'x');
};

TEST_F(PriorityTest, TheMoreUrgentGoesFirst) {
    EXPECT_EQ(order_of({"u=7", "u=1", "", "u=5, i"}), (std::vector<std::uint32_t>{3, 5, 7, 1}));
}
TEST_F(PriorityTest, OneAfterTheOther) { EXPECT_EQ(order_of({"u=3", "u=3", "u=3"}), (std::vector<std::uint32_t>{1, 3, 5})); }
TEST_F(PriorityTest, AnUpdateCounts) { EXPECT_EQ(order_of({"u=3", "u=3", "u=6"}, "u=0"), (std::vector<std::uint32_t>{5, 1, 3})); }
TEST_F(PriorityTest, IncrementalOnesShare) {
    const auto order = order_of({"u=3, i", "u=3, i"});
    EXPECT_GT(order.size(), 10U) << "each gets its turn";
}

TEST_F(ServerFlowTest, AStreamWhoseWindowStaysShutIsReset) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request& request) { return Serving{.body = is_slow(request) ? large : "hello"}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}, .opens_windows = false});
    const auto slow = client().ask(get("/slow"));
    ASSERT_TRUE(turn_until([&] { return answer(slow).reset >= 0; }));
    EXPECT_EQ(times(Abuse::stalled_stream), 1U);
    const auto small = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(small).reset >= 0; }));
    EXPECT_EQ(answer(small).reset, NGHTTP2_CANCEL) << "a reply that is kept whole is not kept for ever";
    EXPECT_EQ(times(Abuse::stalled_stream), 2U);
    const auto next = client().ask(get());
    client().say(window_text(next, 1000));
    ASSERT_TRUE(is_answered(next));
    EXPECT_EQ(answer(next).body, "hello");
}

// Replies of one urgency leave one after another: the time of those that wait for their turn is not up while the first one flows.
TEST_F(ServerFlowTest, WhoWaitsForItsTurnDoesNotStall) {
    const std::string large(400'000, 'x');
    serve_ = [&](const Request& request) { return Serving{.body = is_slow(request) ? large : "hello"}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10'000'000}}, .opens_windows = false});
    std::vector<std::uint32_t> ids;
    for (const auto* path : {"/slow", "/", "/slow", "/"}) ids.push_back(client().ask(get(path)));
    for (int i = 0; i < 25; ++i) {
        pass(seconds(10));
        client().say(window_text(0, 20'000));
    }
    EXPECT_EQ(answer(ids[0]).body, large);
    EXPECT_EQ(answer(ids[1]).body, "hello");
    EXPECT_EQ(times(Abuse::stalled_stream), 0U);
    // Nothing leaves any more.
    pass(seconds(61));
    EXPECT_EQ(answer(ids[2]).reset, NGHTTP2_CANCEL);
    EXPECT_EQ(answer(ids[3]).reset, NGHTTP2_CANCEL);
    EXPECT_EQ(times(Abuse::stalled_stream), 2U);
}

TEST_F(ServerFlowTest, AReplyThatLacksOnlyItsEndIsNotKeptForEver) {
    serve_ = [](const Request&) { return Serving{.reads_body = false, .echoes = true}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}, .opens_windows = false});
    auto fields = get();
    fields[0].second = "CONNECT";
    fields.insert(fields.begin(), {":protocol", "websocket"});
    fields.emplace_back("sec-websocket-version", "13");
    const auto id = client().ask(fields, 0);
    client().send_body(id, "");
    ASSERT_TRUE(turn_until([&] { return seen(id).is_over && !answer(id).head.empty(); }));
    EXPECT_EQ(answer(id).status(), "200");
    pass(seconds(59));
    EXPECT_EQ(answer(id).reset, -1) << "it may still open its window";
    pass(seconds(2));
    EXPECT_EQ(answer(id).reset, NGHTTP2_CANCEL);
    EXPECT_EQ(times(Abuse::stalled_stream), 1U);
    EXPECT_TRUE(streams_.empty());
}

TEST_F(ServerFlowTest, StreamsThatAreResetWhileTheSocketIsFull) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request& request) { return Serving{.body = is_slow(request) ? large : "hello", .waits = is_slow(request)}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff}}});
    client().say(window_text(0, 1'000'000'000));
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(client().ask(get("/slow")));
    ASSERT_TRUE(turn_until([&] { return streams_.size() == ids.size() && client().has_said_all(); }));
    client().set_reading(false);
    for (const auto id : ids) stream(id).set_send_stall(seconds(1)), stream(id).go_on.notify();
    pass(seconds(4));
    EXPECT_EQ(times(Abuse::stalled_stream), ids.size());
    client().set_reading(true);
    const auto next = client().ask(get());
    ASSERT_TRUE(is_answered(next));
    EXPECT_EQ(answer(next).body, "hello");
    for (const auto id : ids) EXPECT_EQ(answer(id).reset, NGHTTP2_CANCEL);
}

TEST_F(ServerFlowTest, AConnectionThatTakesNothingIsCut) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0x7fffffff}}});
    client().say(window_text(0, 1'000'000'000));
    client().set_reading(false);
    for (int i = 0; i < 3; ++i) client().ask(get());
    ASSERT_TRUE(turn_until([&] { return !abuses_.empty() && streams_.empty(); }));
    EXPECT_EQ(times(Abuse::stalled_connection), 1U);
    EXPECT_FALSE(connection().may_linger());
}

TEST_F(ServerFlowTest, ASlowReaderThatGoesOnIsServed) {
    const std::string large(300'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.opens_windows = false});
    const auto id = client().ask(get());
    ASSERT_TRUE(turn_until([&] { return answer(id).body.size() == 65'535; }));
    while (!answer(id).is_whole) {
        pass(seconds(40));
        ASSERT_EQ(answer(id).reset, -1);
        client().say(window_text(0, 30'000) + window_text(id, 30'000));
        pass(seconds(1));
    }
    EXPECT_EQ(answer(id).body.size(), large.size());
    EXPECT_TRUE(abuses_.empty());
}

}  // namespace
}  // namespace weir::http::h2
