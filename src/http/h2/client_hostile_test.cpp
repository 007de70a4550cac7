// What a hostile or dead origin does to a connection of HTTP/2: every answer of it is an error or whole, never anything between, and what
// it can make us keep is bounded.
#include <gtest/gtest.h>

#include "http/h2/asking_for_test.h"
#include "http/h2/frames_for_test.h"

namespace weir::http::h2 {
namespace {

using Type = FrameType;

std::string frame(Type type, std::uint8_t flags, std::uint32_t id, const std::string& payload) {
    return Frame{.type = type, .flags = flags, .id = id, .payload = payload}.text();
}

std::string field(const std::string& name, const std::string& value, char form = '\0') {
    return form + std::string(1, static_cast<char>(name.size())) + name + static_cast<char>(value.size()) + value;
}

const std::string kOk = "\x88";  // HPACK: ":status: 200"
const std::string kContinue = field(":status", "100");

std::string head(std::uint8_t flags = kEndHeaders, const std::string& block = kOk) { return frame(Type::headers, flags, 1, block); }
std::string data(const std::string& octets, std::uint8_t flags = 0) { return data_text(1, octets, flags); }
std::string word(std::uint32_t value) { return number_text(value, 4); }

// An entry of the table that fills it, then a reference of one octet to it, again and again.
std::string bomb() {
    std::string entry = "\x40\x01x";
    entry += "\x7f\xe1\x1d";  // 4000 in HPACK's number of seven bits
    entry += std::string(4000, 'a');
    return kOk + entry + std::string(10'000, '\xbe');
}

std::string with_rest(std::string octets, std::size_t frames, const std::string& each) {
    for (std::size_t i = 0; i < frames; ++i) octets += each;
    return octets;
}

struct Row {
    const char* what;
    std::string octets;
    bool ends_connection = false;
    bool is_fine = false;
};

std::vector<Row> rows() {
    return {
        {"an answer", head() + data("abc", kEndStream), false, true},
        {"unknown frames, and flags that mean nothing", frame(Type{0xee}, 0xff, 0, "x") + head(0xc5, kOk), false, true},
        {"an empty DATA in between", head() + data("") + data("abc", kEndStream), false, true},
        {"DATA before the head", data("abc", kEndStream), true},
        {"DATA behind the end", head() + data("abc", kEndStream) + data("def", kEndStream), false, true},
        {"a head behind the trailers", head() + head(kEndHeaders | kEndStream, field("x", "y")) + head(), false, true},
        {"trailers that do not end the stream", head() + head(kEndHeaders, field("x", "y"))},
        {"two final heads", head() + head()},
        {"a pseudo-header in trailers", head() + head(kEndHeaders | kEndStream, kOk)},
        {"an interim answer that ends the stream", head(kEndHeaders | kEndStream, kContinue)},
        {"no final head", head(kEndHeaders, kContinue) + data("abc", kEndStream)},
        {"interim answers without end", with_rest("", 50, head(kEndHeaders, kContinue))},
        {"a bomb of HPACK", head(kEndHeaders, bomb())},
        {"a bomb of HPACK in trailers", head() + head(kEndHeaders | kEndStream, bomb().substr(1))},
        {"HPACK that breaks off", head(kEndHeaders, "\x40\x7f"), true},
        {"a reference to nothing", head(kEndHeaders, "\xff\xff\x01"), true},
        {"a table larger than allowed", head(kEndHeaders, "\x3f\xff\xff\x07" + kOk), true},
        {"CONTINUATION without end", with_rest(head(0), 20'000, frame(Type::continuation, 0, 1, "")), true},
        {"large CONTINUATION without end", with_rest(head(0), 20, frame(Type::continuation, 0, 1, std::string(16'000, '\xbe'))), true},
        {"something between HEADERS and CONTINUATION", head(0) + data("x"), true},
        {"CONTINUATION out of nowhere", frame(Type::continuation, kEndHeaders, 1, kOk), true},
        {"a push", frame(Type::push_promise, kEndHeaders, 1, word(2) + kOk), true},
        {"a stream that nobody opened", frame(Type::headers, kEndHeaders, 3, kOk), true},
        {"a stream of the origin's", frame(Type::headers, kEndHeaders, 2, kOk), true},
        {"DATA on the connection", frame(Type::data, 0, 0, "x"), true},
        {"a frame that is too large", head() + frame(Type::data, 0, 1, std::string(16'385, 'x')), true},
        {"padding longer than the frame", head() + frame(Type::data, 8, 1, "\x05x"), true},
        {"SETTINGS of a broken length", frame(Type::settings, 0, 0, "abc"), true},
        {"SETTINGS that allow pushes", frame(Type::settings, 0, 0, std::string("\0\x02\0\0\0\x01", 6)), true},
        {"SETTINGS with a window that is too large", frame(Type::settings, 0, 0, std::string("\0\x04\x80\0\0\0", 6)), true},
        {"a window that grows by nothing", frame(Type::window_update, 0, 0, word(0)), true},
        {"a window that overflows", with_rest("", 2, frame(Type::window_update, 0, 0, word(0x7fffffff))), true},
        {"a stream's window that overflows", with_rest("", 2, frame(Type::window_update, 0, 1, word(0x7fffffff)))},
        {"a reset of the connection", frame(Type::rst_stream, 0, 0, word(0)), true},
        {"a reset in the middle", head() + data("abc") + frame(Type::rst_stream, 0, 1, word(0))},
        {"GOAWAY with a fault", head() + data("abc") + frame(Type::goaway, 0, 0, word(0) + word(2)), false},
        {"no HTTP/2 at all", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
    };
}

TEST_F(ClientTest, HostileAnswers) {
    for (const auto& row : rows())
        for (const std::size_t segment : {40'000U, 7U}) {
            if (segment < 100 && row.octets.size() > 2000) continue;
            SCOPED_TRACE(std::string(row.what) + ", in segments of " + std::to_string(segment));
            const auto chunks = Chunk::in_use();
            begin({.on_whole = [&](OriginSession& origin, HeardRequest&) { origin.octets(row.octets); }}, {.segment_max = segment});
            const auto got = perform({});
            EXPECT_EQ(got.head && got.whole, row.is_fine) << (got.head ? got.whole : got.head).error().detail;
            if (row.is_fine) EXPECT_EQ(got.status, 200);
            else EXPECT_FALSE(got.may_be_kept);
            EXPECT_TRUE(turn_until([&] { return connection_->is_over() == row.ends_connection; })) << connection_->is_over();
            end();
            EXPECT_LE(Chunk::in_use(), chunks);
        }
}

// RFC 9113 6.9.1: more than the window allows, from a stream that nobody reads.
TEST_F(ClientTest, OctetsBeyondTheWindow) {
    auto octets = head();
    for (int i = 0; i < 40; ++i) octets += data(std::string(16'000, 'x'));
    begin({.on_whole = [&](OriginSession& origin, HeardRequest&) { origin.octets(octets); }}, {.segment_max = 60'000});
    io::Event go_on;
    Got got;
    io::Scope scope;
    scope.spawn(exchange({.go_on = &go_on}, got));
    ASSERT_TRUE(turn_until([&] { return connection_->is_over() || session().heard[1].reset_code >= 0; }));
    go_on.notify();
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_FALSE(got.whole);
    EXPECT_FALSE(got.may_be_kept);
    EXPECT_LE(got.body.size(), static_cast<std::size_t>(ClientConnection::kWindow) + 16'384) << "the frame that was too much may be there";
}

TEST_F(ClientTest, AnIdleOriginIsAskedOnceASilence) {
    options_.ping_after = seconds(20);
    begin({.on_whole = answers({{":status", "200"}}, "hello")});
    EXPECT_EQ(perform({}).body, "hello");
    pass(seconds(19));
    EXPECT_EQ(session().pings, 0U);
    pass(seconds(2));
    EXPECT_EQ(session().pings, 1U);
    pass(seconds(200));
    EXPECT_EQ(session().pings, 1U) << "servers of gRPC end connections that ask more often";
    EXPECT_FALSE(connection_->is_over());
    // The next request asks along with it: the connection has been silent for long.
    EXPECT_EQ(perform({}).body, "hello");
    EXPECT_TRUE(turn_until([&] { return session().pings == 2; }));
    EXPECT_EQ(overs_, 0);
}

TEST_F(ClientTest, AnOriginThatIsGoneIsFoundOut) {
    options_.ping_after = seconds(20);
    begin({});
    session().is_frozen = true;
    pass(seconds(34));
    EXPECT_FALSE(connection_->is_over());
    pass(seconds(2));
    EXPECT_TRUE(connection_->is_over());
    EXPECT_EQ(overs_, 1);
}

TEST_F(ClientTest, ARequestToAnOriginThatIsGoneEndsSoon) {
    options_.ping_after = seconds(20);
    begin({});
    pass(seconds(60));
    session().is_frozen = true;
    const auto begun = world_.worker().now();
    const auto got = perform({});
    ASSERT_FALSE(got.head);
    EXPECT_EQ(got.head.error().code, ErrorCode::timeout);
    EXPECT_EQ(got.head.error().retry, Retry::no);
    EXPECT_LE(world_.worker().now() - begun, ClientConnection::kPingWait + seconds(1));
}

TEST_F(ClientTest, WhoseAnswersComeIsNotAsked) {
    options_.ping_after = seconds(2);
    begin({.on_head = [](OriginSession& origin, HeardRequest& request) {
        origin.keep_open(request.stream);
        origin.answer(request.stream, {{":status", "200"}}, "first");
    }});
    Got got;
    io::Scope scope;
    scope.spawn(exchange({}, got));
    ASSERT_TRUE(turn_until([&] { return got.status == 200; }));
    for (int i = 0; i < 10; ++i) {
        pass(seconds(1));
        session().more(1, "x", i == 9);
        ASSERT_TRUE(world_.run(session().say()));
    }
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(got.body, "firstxxxxxxxxxx");
    EXPECT_EQ(session().pings, 0U);
}

}  // namespace
}  // namespace weir::http::h2
