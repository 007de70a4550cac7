#include "http/h1/writer.h"

#include <gtest/gtest.h>

#include <string>

#include "http/h1/feed_for_test.h"

namespace weir::http::h1::test {
namespace {

std::string written(const Request& request, ConnectionField connection = ConnectionField::none, std::string_view target = "/") {
    std::string out(head_octets_max(request, target), '\0');
    out.resize(write_head(request, target, connection, out.data()));
    return out;
}

std::string written(const Response& response, ConnectionField connection = ConnectionField::none, bool writes_zero_length = false) {
    std::string out(head_octets_max(response), '\0');
    out.resize(write_head(response, connection, writes_zero_length, out.data()));
    return out;
}

struct OneRequest {
    Arena arena;
    Request request{arena};
    OneRequest() {
        request.method_name = "GET";
        request.fields.add(FieldId::host, "a");
    }
};

struct OneResponse {
    Arena arena;
    Response response{arena};
};

TEST(Writer, WritesRequests) {
    OneRequest one;
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(written(one.request, ConnectionField::close, "/a?b"), "GET /a?b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    one.request.version = Version::http10;
    EXPECT_EQ(written(one.request, ConnectionField::keep_alive), "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    one.request.framing = Framing::length;
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    one.request.content_length = ~std::uint64_t{0};
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n");
    one.request.framing = Framing::chunked;
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(Writer, MakesUpAHost) {
    OneRequest one;
    one.request.fields.clear();
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: \r\n\r\n");
    one.request.authority = "b:81";
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: b:81\r\n\r\n");
}

TEST(Writer, SkipsFieldsOfTheOtherConnection) {
    OneRequest one;
    for (const auto* name : {"Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE",
                             "HTTP2-Settings", "connection", "TRANSFER-ENCODING"})
        one.request.fields.add(name, "x");
    one.request.fields.add("X-Other", "y");
    EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\nX-Other: y\r\n\r\n");
}

TEST(Writer, WritesUpgrades) {
    OneRequest one;
    one.request.fields.add("Upgrade", "h2c");
    EXPECT_EQ(written(one.request, ConnectionField::upgrade), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    one.request.upgrade = "websocket";
    EXPECT_EQ(written(one.request, ConnectionField::upgrade),
              "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");

    OneResponse other;
    other.response.status = 101;
    other.response.upgrade = "websocket";
    EXPECT_EQ(written(other.response, ConnectionField::upgrade, true),
              "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    other.response.upgrade = {};
    other.response.fields.add(FieldId::upgrade, "echo");
    EXPECT_EQ(written(other.response, ConnectionField::upgrade),
              "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
}

TEST(Writer, SaysWhatA426Wants) {
    OneResponse one;
    one.response.status = 426;
    one.response.upgrade = "websocket";
    EXPECT_EQ(written(one.response), "HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_EQ(written(one.response, ConnectionField::close),
              "HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    one.response.upgrade = {};
    EXPECT_EQ(written(one.response), "HTTP/1.1 426 Upgrade Required\r\n\r\n");
}

TEST(Writer, WritesResponses) {
    struct Row {
        std::uint16_t status;
        std::string_view reason;
        Framing framing;
        std::uint64_t length;
        bool states_length, writes_zero_length;
        std::string_view head;
    };
    const Row rows[] = {
        {200, "", Framing::length, 5, false, false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
        {200, "Fine", Framing::length, 5, false, false, "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\n"},
        {299, "", Framing::length, 0, false, false, "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"},
        {200, "", Framing::chunked, 0, false, false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {200, "", Framing::until_close, 0, false, true, "HTTP/1.1 200 OK\r\n\r\n"},
        {200, "", Framing::none, 0, false, false, "HTTP/1.1 200 OK\r\n\r\n"},
        {200, "", Framing::none, 0, false, true, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {200, "", Framing::none, 5, true, false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
        {304, "", Framing::none, 5, true, false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
        {304, "", Framing::none, 0, false, true, "HTTP/1.1 304 Not Modified\r\n\r\n"},
        {204, "", Framing::none, 0, false, true, "HTTP/1.1 204 No Content\r\n\r\n"},
        {204, "", Framing::length, 0, true, true, "HTTP/1.1 204 No Content\r\n\r\n"},
        {204, "", Framing::chunked, 0, true, true, "HTTP/1.1 204 No Content\r\n\r\n"},
        {100, "", Framing::none, 0, true, true, "HTTP/1.1 100 Continue\r\n\r\n"},
        {103, "", Framing::length, 5, true, true, "HTTP/1.1 103 Early Hints\r\n\r\n"},
    };
    for (const auto& row : rows) {
        OneResponse one;
        one.response.status = row.status;
        one.response.reason = row.reason;
        one.response.framing = row.framing;
        one.response.content_length = row.length;
        one.response.states_length = row.states_length;
        EXPECT_EQ(written(one.response, ConnectionField::none, row.writes_zero_length), row.head);
    }
}

// Names and values of every length: the short ones are moved in pieces.
TEST(Writer, WritesFieldsOfEveryLength) {
    for (std::size_t length = 1; length < 80; ++length) {
        OneRequest one;
        std::string name, value;
        for (std::size_t i = 0; i < length; ++i) name += static_cast<char>('a' + i % 26), value += static_cast<char>('0' + i % 75);
        one.request.fields.add(name, value);
        one.request.fields.add("X", "");
        EXPECT_EQ(written(one.request), "GET / HTTP/1.1\r\nHost: a\r\n" + name + ": " + value + "\r\nX: \r\n\r\n");
    }
}

TEST(Writer, WritesTrailers) {
    Arena arena;
    Fields trailers(arena);
    EXPECT_EQ(trailer_octets_max(trailers), 2U);
    trailers.add("Digest", "x");
    trailers.add("A", "");
    std::string out(trailer_octets_max(trailers), '\0');
    out.resize(write_trailers(trailers, out.data()));
    EXPECT_EQ(out, "Digest: x\r\nA: \r\n\r\n");
}

TEST(Writer, WritesWhatItsParserReads) {
    const std::string head = "POST /a HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\nCookie: a=b; c=d\r\nContent-Length: 3\r\n\r\n";
    RequestFeed first;
    ASSERT_EQ(first.feed(head).state, ParseState::done);
    EXPECT_EQ(written(first.request(), ConnectionField::none, first.request().target), head);

    const std::string answer = "HTTP/1.1 404 Nope\r\nServer: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nTransfer-Encoding: chunked\r\n\r\n";
    ResponseFeed second;
    ASSERT_EQ(second.feed(answer).state, ParseState::done);
    EXPECT_EQ(written(second.response()), answer);
}

// Neighbours in the head that came are copied as one run; what lies between them there must be no more than ": " and a line's end.
TEST(Writer, CopiesRunsOfNeighbours) {
    RequestFeed feed;
    ASSERT_EQ(
        feed.feed(
                "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nTE: x\r\nC: 3\r\nD:4\r\nE:  5 \r\nF: 6 \r\nG:\r\nH: \r\nI: 7\r\nJ: 8\r\n\r\n")
            .state,
        ParseState::done);
    EXPECT_EQ(written(feed.request()),
              "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nG: \r\nH: \r\nI: 7\r\nJ: 8\r\n\r\n");
    // Neighbours by accident, in text that is no head.
    Arena arena;
    Request request(arena);
    request.method_name = "GET";
    constexpr auto kText = "Host=>aXXB: 2--C: 3"sv;
    request.fields.add(kText.substr(0, 4), kText.substr(6, 1));
    request.fields.add(kText.substr(9, 1), kText.substr(12, 1));
    request.fields.add(kText.substr(15, 1), kText.substr(18, 1));
    EXPECT_EQ(written(request), "GET / HTTP/1.1\r\nHost: a\r\nB: 2\r\nC: 3\r\n\r\n");
    // A field that was set, added or moved is no neighbour any more.
    auto& fields = const_cast<Fields&>(feed.request().fields);
    fields.set("B", "changed");
    fields.remove("D");
    const auto moved = fields[1];
    fields.remove("A");
    fields.add(moved);
    EXPECT_EQ(written(feed.request()),
              "GET / HTTP/1.1\r\nHost: a\r\nB: changed\r\nC: 3\r\nE: 5\r\nF: 6\r\nG: \r\nH: \r\nI: 7\r\nJ: 8\r\nA: 1\r\n\r\n");
}

std::string without_hop_by_hop(std::string_view lines) {
    RequestFeed feed;
    const auto outcome = feed.feed("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
    EXPECT_EQ(outcome.state, ParseState::done) << outcome.detail;
    auto& fields = const_cast<Fields&>(feed.request().fields);
    remove_hop_by_hop(fields);
    return text_of(fields);
}

TEST(HopByHop, Goes) {
    struct Row {
        std::string_view lines;
        std::string_view left;
    };
    const Row rows[] = {
        {"", "Host=a|"},
        {"X: y\r\n", "Host=a|X=y|"},
        {"Connection: keep-alive\r\nKeep-Alive: 5\r\nX: y\r\n", "Host=a|X=y|"},
        {"Connection: close, X-Foo\r\nX-Foo: 1\r\nX-Bar: 2\r\nx-foo: 3\r\n", "Host=a|X-Bar=2|"},
        {"X-Foo: 1\r\nConnection: a\r\nConnection: b , x-FOO,\r\nX-Bar: 2\r\n", "Host=a|X-Bar=2|"},
        {"Connection: Close, Upgrade\r\nClose: 1\r\nX: y\r\n", "Host=a|Close=1|X=y|"},
        {"TE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\nProxy-Connection: x\r\nProxy-Authorization: y\r\n"
         "Proxy-Authenticate: z\r\nTransfer-Encoding: chunked\r\nX: y\r\n",
         "Host=a|X=y|"},
        // Naming an end-to-end field does not remove it.
        {"Connection: Host, Content-Length, Cookie, Authorization, X-Forwarded-For, Content-Type, Cache-Control, Via\r\n"
         "Content-Length: 3\r\nCookie: c\r\nAuthorization: d\r\nX-Forwarded-For: e\r\nContent-Type: f\r\nCache-Control: g\r\nVia: h\r\n",
         "Host=a|Content-Length=3|Cookie=c|Authorization=d|X-Forwarded-For=e|Content-Type=f|Cache-Control=g|Via=h|"},
    };
    for (const auto& row : rows) EXPECT_EQ(without_hop_by_hop(row.lines), row.left) << row.lines;
}

}  // namespace
}  // namespace weir::http::h1::test
