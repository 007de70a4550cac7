// What a client can do to a server of HTTP/2 at little cost: each kind has a budget, ends the connection with ENHANCE_YOUR_CALM, is counted
// once, and no honest client comes near.
#include "http/h2/server_for_test.h"

namespace weir::http::h2 {
namespace {

using std::chrono::seconds;

class ServerAbuseTest : public ServerTest {
protected:
    // The connection has ended for this reason and no other.
    void expect_punished(Abuse kind) {
        ASSERT_TRUE(has_ended());
        EXPECT_EQ(abuses_, std::vector{kind}) << "got " << (abuses_.empty() ? "none" : word_of(abuses_.front()));
        EXPECT_EQ(client().goaway_code(), NGHTTP2_ENHANCE_YOUR_CALM);
        ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
    }
    void expect_still_served() {
        const auto id = client().ask(get());
        ASSERT_TRUE(is_answered(id));
        EXPECT_EQ(answer(id).status(), "200");
        EXPECT_TRUE(abuses_.empty());
    }
    void say_times(int times, const std::string& octets) {
        std::string all;
        for (int i = 0; i < times; ++i) all += octets;
        client().say(all);
    }
};

// CVE-2023-44487.
TEST_F(ServerAbuseTest, RapidReset) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    for (int i = 0; i < 1000; ++i) {
        const auto id = client().ask(get());
        client().say(reset_text(id));
    }
    expect_punished(Abuse::rapid_reset);
    EXPECT_LE(walks_most_, 300U);
}

TEST_F(ServerAbuseTest, LeavingAPageIsNoRapidReset) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin();
    for (int i = 0; i < 100; ++i) {
        const auto id = client().ask(get());
        client().say(reset_text(id));
    }
    serve_ = [](const Request&) { return Serving{}; };
    expect_still_served();
}

TEST_F(ServerAbuseTest, ResetsBehindAWholeReplyCostNothing) {
    serve_ = [](const Request&) { return Serving{.reads_body = false}; };
    begin();
    for (int i = 0; i < 500; ++i) {
        const auto id = client().ask(post(), 0);
        ASSERT_TRUE(turn_until([&] { return answer(id).is_whole; }));
        client().say(reset_text(id));
    }
    expect_still_served();
}

// CVE-2025-8671: the client never sends RST_STREAM, it makes the server send it.
TEST_F(ServerAbuseTest, MadeYouReset) {
    const struct {
        const char* what;
        std::function<std::string(TestClient&, std::uint32_t)> provoke;
        std::uint8_t flags;
    } kRows[] = {
        {"a window that opens by nothing", [](TestClient&, std::uint32_t id) { return window_text(id, 0); }, kEndStream},
        {"a window that overflows", [](TestClient&, std::uint32_t id) { return window_text(id, 0x7fffffff); }, kEndStream},
        {"DATA behind the end", [](TestClient&, std::uint32_t id) { return data_text(id, "x"); }, kEndStream},
        {"HEADERS behind the end", [](TestClient& client, std::uint32_t id) { return client.packer.headers(id, {{"x", "y"}}); },
         kEndStream},
        {"a stream that depends on itself",
         [](TestClient&, std::uint32_t id) {
             return Frame{.type = FrameType::priority, .id = id, .payload = number_text(id, 4) + "x"}.text();
         },
         kEndStream},
        {"PRIORITY of a wrong size",
         [](TestClient&, std::uint32_t id) { return Frame{.type = FrameType::priority, .id = id, .payload = "1234"}.text(); }, kEndStream},
        {"trailers that are malformed",
         [](TestClient& client, std::uint32_t id) { return client.packer.headers(id, {{"connection", "y"}}); }, 0},
        {"trailers without an end", [](TestClient& client, std::uint32_t id) { return client.packer.headers(id, {{"x", "y"}}, 0); }, 0},
    };
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        serve_ = [](const Request&) { return Serving{.reads_body = false, .waits = true}; };
        begin();
        for (int i = 0; i < 600 && !client().has_ended; ++i) {
            const auto id = client().ask(post(), row.flags);
            client().say(row.provoke(client(), id));
            if (i % 20 == 19) pass(std::chrono::milliseconds(20));
        }
        ASSERT_TRUE(has_ended());
        ASSERT_TRUE(turn_until([&] { return streams_.empty(); }));
        EXPECT_NE(client().goaway_code(), NGHTTP2_NO_ERROR);
        if (client().goaway_code() == NGHTTP2_ENHANCE_YOUR_CALM) EXPECT_EQ(abuses_, std::vector{Abuse::provoked_reset});
        EXPECT_LE(seen_.size(), 130U) << "the connection lived on while the server reset its streams";
        TearDown();
    }
}

// A client that has not acknowledged our limit may go beyond it: each stream is refused with a frame, which nobody takes here.
TEST_F(ServerAbuseTest, RefusedStreamsThatNobodyHearsOf) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin({.answers = false});
    client().set_reading(false);
    std::size_t asked = 0;
    for (; abuses_.empty() && asked < 200'000; asked += 500) {
        for (int i = 0; i < 500; ++i) client().ask(get());
        pass(std::chrono::milliseconds(10));
    }
    client().set_reading(true);
    expect_punished(Abuse::provoked_reset);
    EXPECT_LT(asked, 100'000U);
}

TEST_F(ServerAbuseTest, RefusedStreamsThatAreHeardOfCostNothing) {
    serve_ = [](const Request&) { return Serving{.waits = true}; };
    begin({.answers = false});
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 5'000; ++i) {
        ids.push_back(client().ask(get()));
        if (i % 1'000 == 0) pass(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(turn_until([&] { return answer(ids.back()).reset >= 0; }));
    EXPECT_EQ(answer(ids.back()).reset, NGHTTP2_REFUSED_STREAM);
    EXPECT_TRUE(abuses_.empty());
}

TEST_F(ServerAbuseTest, MalformedRequestsWithoutEnd) {
    limits_.streams_max = 1000;
    begin();
    for (int i = 0; i < 300; ++i) client().ask({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"connection", "x"}});
    expect_punished(Abuse::provoked_reset);
}

TEST_F(ServerAbuseTest, LengthsThatDisagree) {
    limits_.streams_max = 1000;
    begin();
    for (int i = 0; i < 300; ++i) {
        auto fields = post();
        fields.emplace_back("content-length", "1");
        const auto id = client().ask(fields, 0);
        client().say(data_text(id, "ab", kEndStream));
    }
    expect_punished(Abuse::provoked_reset);
}

TEST_F(ServerAbuseTest, Floods) {
    const struct {
        const char* what;
        std::string octets;
        int times;   // far beyond
        int honest;  // that must pass
        Abuse kind;
    } kRows[] = {
        {"SETTINGS", settings_text({}), 1000, 30, Abuse::settings},
        {"SETTINGS that change the table", settings_text({{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0}}), 1000, 30, Abuse::settings},
        {"PING", ping_text(), 2000, 300, Abuse::ping},
        {"PRIORITY", Frame{.type = FrameType::priority, .id = 1001, .payload = number_text(3, 4) + "x"}.text(), 5000, 500, Abuse::priority},
        {"PRIORITY_UPDATE", Frame{.type = FrameType::priority_update, .payload = number_text(1001, 4) + "u=1"}.text(), 5000, 500,
         Abuse::priority},
        {"WINDOW_UPDATE", window_text(0, 1), 20'000, 4000, Abuse::window_update},
        {"frames that nobody knows", Frame{.type = static_cast<FrameType>(0x77), .payload = "x"}.text(), 1000, 100, Abuse::unknown_frame},
    };
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        begin();
        say_times(row.honest, row.octets);
        expect_still_served();
        say_times(row.times, row.octets);
        expect_punished(row.kind);
        TearDown();
    }
}

TEST_F(ServerAbuseTest, FloodsOfEmptyFrames) {
    serve_ = [](const Request&) { return Serving{}; };
    begin();
    auto id = client().ask(post(), 0);
    say_times(50, data_text(id, ""));
    client().say(data_text(id, "", kEndStream));
    ASSERT_TRUE(is_answered(id));
    expect_still_served();
    id = client().ask(post(), 0);
    say_times(1000, data_text(id, ""));
    expect_punished(Abuse::empty_frame);
}

// CVE-2024-27316 and its kin.
TEST_F(ServerAbuseTest, ContinuationWithoutEnd) {
    for (const bool is_empty : {false, true}) {
        begin();
        const auto block = client().packer.block(get());
        auto octets = Frame{.type = FrameType::headers, .id = 1, .payload = block}.text();
        for (int i = 0; i < 10'000; ++i)
            octets += Frame{.type = FrameType::continuation, .id = 1, .payload = is_empty ? "" : std::string("\x00\x01x\x01y", 5)}.text();
        client().say(octets);
        ASSERT_TRUE(has_ended());
        expect_punished(is_empty && times(Abuse::empty_frame) != 0 ? Abuse::empty_frame : Abuse::continuation);
        EXPECT_TRUE(seen_.empty() || seen(1).method.empty());
        TearDown();
    }
}

TEST_F(ServerAbuseTest, LongHeadsAreNoAttack) {
    begin();
    auto fields = get();
    for (int i = 0; i < 30; ++i) fields.emplace_back("x-" + std::to_string(i), std::string(1000, 'y'));
    const auto id = client().ask(fields);
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).status(), "200");
    expect_still_served();
}

// One large field in the table, named again and again by one octet each.
TEST_F(ServerAbuseTest, HpackBomb) {
    begin();
    auto fields = get();
    fields.emplace_back("x-bomb", std::string(2900, 'b'));
    const auto id = client().ask(fields);
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).status(), "200");
    const auto began = Chunk::in_use();
    const auto bomb = client().packer.block(get()) + std::string(16'000, '\xbe');
    client().say(Frame{.type = FrameType::headers, .flags = kEndHeaders | kEndStream, .id = 3, .payload = bomb}.text());
    client().next_id = 5;
    expect_punished(Abuse::header_bomb);
    EXPECT_TRUE(seen(3).method.empty());
    EXPECT_LE(Chunk::in_use(), began + 50);
}

// A block that was refused in its middle has ended like any other.
TEST_F(ServerAbuseTest, AMalformedHeadIsNoSlowOne) {
    begin();
    for (const auto& fields : {Pairs{{":method", "GET"}, {"connection", "x"}}, Pairs{{"x y", "z"}}}) {
        const auto id = client().ask(fields);
        ASSERT_TRUE(is_answered(id));
    }
    refuses_ = true;
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    refuses_ = false;
    pass(limits_.header_time + seconds(5));
    expect_still_served();
}

TEST_F(ServerAbuseTest, HeadsThatComeTooSlowly) {
    begin();
    const auto block = client().packer.block(get());
    client().say(Frame{.type = FrameType::headers, .id = 1, .payload = block.substr(0, 2)}.text());
    expect_punished(Abuse::slow_header);
    EXPECT_TRUE(seen(1).method.empty());
}

TEST_F(ServerAbuseTest, HeadsThatTrickle) {
    begin();
    const auto octets = client().packer.headers(1, get());
    for (std::size_t i = 0; i < octets.size() && !client().has_ended; ++i) {
        client().say(octets.substr(i, 1));
        pass(seconds(1));
    }
    expect_punished(Abuse::slow_header);
}

TEST_F(ServerAbuseTest, TinyWindows) {
    const std::string large(1'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.settings = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1}}, .opens_windows = false});
    const auto id = client().ask(get());
    for (int i = 0; i < 100 && !client().has_ended; ++i) {
        for (int j = 0; j < 50; ++j) client().say(window_text(id, 1) + ping_text("tiny win"));
        const auto before = client().pings;
        turn_until([&] { return client().pings >= before + 50 || client().has_ended; });
    }
    ASSERT_TRUE(has_ended());
    EXPECT_EQ(client().goaway_code(), NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_EQ(abuses_.size(), 1U);
    EXPECT_LE(answer(id).body.size(), 6000U);
}

TEST_F(ServerAbuseTest, WindowsOfOddSizesAreNoAttack) {
    const std::string large(30'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({.opens_windows = false}, {.segment_max = 60'000});
    const auto id = client().ask(get());
    std::uint64_t given = 65'535;
    ASSERT_TRUE(turn_until([&] {
        while (given < answer(id).body.size() + 32'000) {
            given += 16'385;
            client().say(window_text(0, 16'385) + window_text(id, 16'385));
        }
        return answer(id).is_whole || client().has_ended;
    }));
    EXPECT_EQ(answer(id).body.size(), large.size());
    EXPECT_TRUE(abuses_.empty());
}

// As gRPC's clients do while they receive: a PING for every DATA frame.
TEST_F(ServerAbuseTest, WhoMeasuresTheWayIsNoFlood) {
    const std::string large(30'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({}, {.segment_max = 60'000});
    const auto id = client().ask(get());
    std::size_t pinged = 0;
    ASSERT_TRUE(turn_until([&] {
        for (; pinged < answer(id).data_frames; ++pinged) client().say(ping_text());
        return answer(id).is_whole || client().has_ended;
    }));
    EXPECT_GT(pinged, 1000U);
    EXPECT_EQ(answer(id).body.size(), large.size());
    expect_still_served();
}

// Every downloaded octet is acknowledged by WINDOW_UPDATE frames: they are explained by what was sent.
TEST_F(ServerAbuseTest, ALongDownloadIsNoFlood) {
    const std::string large(30'000'000, 'x');
    serve_ = [&](const Request&) { return Serving{.body = large}; };
    begin({}, {.segment_max = 60'000});
    const auto id = client().ask(get());
    ASSERT_TRUE(is_answered(id));
    EXPECT_EQ(answer(id).body.size(), large.size());
    expect_still_served();
}

}  // namespace
}  // namespace weir::http::h2
