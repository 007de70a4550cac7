// Responses: an origin is held to the same strictness as a client.
#include <gtest/gtest.h>

#include "http/h1/feed_for_test.h"

namespace weir::http::h1::test {
namespace {

TEST(Response, Refuses) {
    struct Row {
        std::string_view octets;
        std::string_view detail;
    };
    const Row rows[] = {
        {"\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed HTTP version"},
        {"HTTP/2.0 200 OK\r\n\r\n", "HTTP version other than 1.x"},
        {"HTTP/0.9 200 OK\r\n\r\n", "HTTP version other than 1.x"},
        {"http/1.1 200 OK\r\n\r\n", "malformed HTTP version"},
        {"HTTP/1.1\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 \r\n\r\n", "malformed status code"},
        {"HTTP/1.1  200 OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1\t200 OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 20 OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 2000 OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 +20 OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 2OO OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 200OK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 200\tOK\r\n\r\n", "malformed status code"},
        {"HTTP/1.1 200\n\r\n", "malformed status code"},
        {"HTTP/1.1 099 OK\r\n\r\n", "status code outside 100 to 599"},
        {"HTTP/1.1 000 OK\r\n\r\n", "status code outside 100 to 599"},
        {"HTTP/1.1 600 OK\r\n\r\n", "status code outside 100 to 599"},
        {"HTTP/1.1 999 OK\r\n\r\n", "status code outside 100 to 599"},
        {"HTTP/1.1 200 OK\n\r\n", "bare LF"},
        {"HTTP/1.1 200 OK\rX\r\n\r\n", "bare CR"},
        {"HTTP/1.1 200 O\0K\r\n\r\n"sv, "NUL"},
        {"HTTP/1.1 200 O\x01K\r\n\r\n", "control octet in a field value"},
        {"HTTP/1.1 200 OK\r\n X: y\r\n\r\n", "folded field line (obs-fold)"},
        {"HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", "folded field line (obs-fold)"},
        {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "white space before the colon"},
        {"HTTP/1.1 200 OK\r\nX y\r\n\r\n", "white space before the colon"},
        {"HTTP/1.1 200 OK\r\nX: y\nZ: w\r\n\r\n", "bare LF"},
        {"HTTP/1.1 200 OK\r\nX: y\0\r\n\r\n"sv, "NUL"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both Content-Length and Transfer-Encoding"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", "several Content-Length fields"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "several Content-Length fields"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", "Content-Length that is no decimal number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n", "Content-Length that is no decimal number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", "Content-Length that is no decimal number"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", "Content-Length out of range"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer coding other than chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: X-GZIP\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: xChunked\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: \r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: a, b\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: a b\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: a\r\nTransfer-Encoding: b\r\n\r\n", "several Transfer-Encoding fields"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: a\r\nContent-Length: 3\r\n\r\n", "both Content-Length and Transfer-Encoding"},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: a\r\n\r\n", "Transfer-Encoding in HTTP/1.0"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "several Transfer-Encoding fields"},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in HTTP/1.0"},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "both Content-Length and Transfer-Encoding"},
        {"HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\n", "interim response with a body"},
        {"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n", "interim response with a body"},
        {"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: a\r\n\r\n", "Transfer-Encoding that is not a single chunked"},
        {"<html>", "malformed HTTP version"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "malformed HTTP version"},
        {"ICY 200 OK\r\n\r\n", "malformed HTTP version"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(::testing::PrintToString(row.octets));
        const auto outcome = feed_response(row.octets);
        EXPECT_EQ(outcome.state, ParseState::bad);
        EXPECT_EQ(outcome.detail, row.detail);
        EXPECT_EQ(outcome.code, ErrorCode::malformed);
    }
}

TEST(Response, BlamesTheUpstream) {
    Arena arena;
    Response response(arena);
    HeadParser parser;
    EXPECT_EQ(parser.parse("HTTP/1.1 2", {}, Method::get, response).state, ParseState::need_more);
    const auto step = parser.parse("HTTP/1.1 2x", {}, Method::get, response);
    EXPECT_EQ(step.error.side, Side::upstream);
    EXPECT_EQ(step.error.retry, Retry::no);
}

TEST(Response, Takes) {
    struct Row {
        std::string_view octets;
        std::string_view message;
        Method method = Method::get;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 'OK' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 'OK' framing 1:0 states 0 upgrade '' keeps 1 Content-Length=0|"},
        {"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 'OK' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 404 \r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 404 '' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 404\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 404 '' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 299 a\tb \xc3\xa9\r\nContent-Length: 5\r\n\r\n",
         "HTTP/1.1 299 'a\tb \xc3\xa9' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n",
         "HTTP/1.1 200 'OK' framing 2:0 states 0 upgrade '' keeps 1 Transfer-Encoding=Chunked|"},
        {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 'OK' framing 3:0 states 0 upgrade '' keeps 0 "},
        // RFC 9112 6.3 rule 4.
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: nothing\r\n\r\n",
         "HTTP/1.1 200 'OK' framing 3:0 states 0 upgrade '' keeps 0 Transfer-Encoding=nothing|"},
        {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: nothing\r\n\r\n",
         "HTTP/1.1 304 'Not Modified' framing 0:0 states 0 upgrade '' keeps 0 Transfer-Encoding=nothing|"},
        {"HTTP/1.1 599 x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n",
         "HTTP/1.1 599 'x' framing 1:1 states 0 upgrade '' keeps 0 Content-Length=1|Connection=close|"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200 'OK' framing 1:5 states 0 upgrade '' keeps 0 Content-Length=5|"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
         "HTTP/1.0 200 'OK' framing 1:5 states 0 upgrade '' keeps 1 Content-Length=5|Connection=keep-alive|"},
        {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 'OK' framing 3:0 states 0 upgrade '' keeps 0 "},
        // RFC 9112 6.3: no body, whatever the fields say.
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 'OK' framing 0:5 states 1 upgrade '' keeps 1 Content-Length=5|",
         Method::head},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP/1.1 200 'OK' framing 0:0 states 0 upgrade '' keeps 1 Transfer-Encoding=chunked|", Method::head},
        {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 'OK' framing 0:0 states 0 upgrade '' keeps 1 ", Method::head},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
         "HTTP/1.1 304 'Not Modified' framing 0:5 states 1 upgrade '' keeps 1 Content-Length=5|"},
        {"HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 304 'Not Modified' framing 0:0 states 0 upgrade '' keeps 1 "},
        {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 'No Content' framing 0:0 states 0 upgrade '' keeps 1 "},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 204 'No Content' framing 0:0 states 0 upgrade '' keeps 1 Content-Length=0|"},
        // What it announces may come: the connection is not used again.
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
         "HTTP/1.1 204 'No Content' framing 0:5 states 0 upgrade '' keeps 0 Content-Length=5|"},
        {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
         "HTTP/1.1 204 'No Content' framing 0:0 states 0 upgrade '' keeps 0 Transfer-Encoding=chunked|"},
        {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 'Continue' framing 0:0 states 0 upgrade '' keeps 1 "},
        {"HTTP/1.1 100\r\n\r\n", "HTTP/1.1 100 '' framing 0:0 states 0 upgrade '' keeps 1 "},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 103 'Early Hints' framing 0:0 states 0 upgrade '' keeps 1 Link=</a>|"},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
         "HTTP/1.1 101 'Switching Protocols' framing 0:0 states 0 upgrade 'websocket' keeps 0 Upgrade=websocket|Connection=Upgrade|"},
        {"HTTP/1.1 426 x\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 426 'x' framing 1:0 states 0 upgrade 'websocket' keeps 1 Upgrade=websocket|Content-Length=0|"},
        {"HTTP/1.1 426 x\r\nUpgrade: websocket, h2c\r\nContent-Length: 0\r\n\r\n",
         "HTTP/1.1 426 'x' framing 1:0 states 0 upgrade '' keeps 1 Upgrade=websocket, h2c|Content-Length=0|"},
        {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 'OK' framing 0:0 states 0 upgrade '' keeps 1 ", Method::connect},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HTTP/1.1 200 'OK' framing 0:4 states 0 upgrade '' keeps 0 Content-Length=4|",
         Method::connect},
        {"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\n", "HTTP/1.1 403 'No' framing 1:4 states 0 upgrade '' keeps 1 Content-Length=4|",
         Method::connect},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(::testing::PrintToString(row.octets));
        const auto outcome = feed_response(row.octets, row.method);
        EXPECT_EQ(outcome.state, ParseState::done) << outcome.detail;
        EXPECT_EQ(outcome.message, row.message);
        EXPECT_EQ(outcome.octets, row.octets.size());
    }
}

TEST(Response, IsBounded) {
    const HeadLimits limits{.request_line_max = 40, .header_count_max = 2, .header_bytes_max = 100};
    EXPECT_EQ(feed_response("HTTP/1.1 200 " + std::string(60, 'x') + "\r\n\r\n", Method::get, limits).detail,
              "start line longer than request_line_max");
    EXPECT_EQ(feed_response("HTTP/1.1 200 \r\nA: " + std::string(90, 'x') + "\r\n\r\n", Method::get, limits).detail,
              "head longer than header_bytes_max");
    EXPECT_EQ(feed_response("HTTP/1.1 200 \r\nA:\r\nB:\r\nC:\r\n\r\n", Method::get, limits).detail, "more fields than header_count_max");
}

}  // namespace
}  // namespace weir::http::h1::test
