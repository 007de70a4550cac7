// Requests: what is taken and what is refused, with the rule's name.
#include <gtest/gtest.h>

#include "http/h1/feed_for_test.h"

namespace weir::http::h1::test {
namespace {

constexpr ErrorCode kMalformed = ErrorCode::malformed;

struct Refused {
    std::string_view octets;
    std::string_view detail;
    ErrorCode code = kMalformed;
};

void expect_refused(const Refused& row) {
    SCOPED_TRACE(::testing::PrintToString(row.octets));
    const auto outcome = feed_request(row.octets);
    EXPECT_EQ(outcome.state, ParseState::bad);
    EXPECT_EQ(outcome.detail, row.detail);
    EXPECT_EQ(outcome.code, row.code);
}

TEST(Request, RefusesRequestLines) {
    const Refused rows[] = {
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "extra space in the request line"},
        {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "extra white space in the start line"},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "extra white space in the start line"},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "extra white space in the start line"},
        {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", "octet that may not stand in a target"},
        {"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "octet that may not stand in a target"},
        {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "octet that may not stand in a target"},
        {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "octet that may not stand in a target"},
        {"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, "NUL"},
        {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "fragment in the target"},
        {"GET /?a#b HTTP/1.1\r\nHost: a\r\n\r\n", "fragment in the target"},
        {"GET # HTTP/1.1\r\nHost: a\r\n\r\n", "fragment in the target"},
        {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET a.com/x HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET a.com:80 HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET file:///etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://a:0/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://a%2fb/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n", "target with an invalid authority"},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "target '*' with a method other than OPTIONS"},
        {"OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n", "target in none of the four forms"},
        {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT that is no authority"},
        {"CONNECT http://a:1/ HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT that is no authority"},
        {"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT without a port"},
        {"CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT without a port"},
        {"CONNECT a1 HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT without a port"},
        {"CONNECT [::1] HTTP/1.1\r\nHost: a\r\n\r\n", "target of CONNECT without a port"},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "CONNECT with a body"},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "CONNECT with a body"},
        {"\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare CR"},
        {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare LF"},
        {"\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare LF"},
        {"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "empty lines before the request line"},
        {"GET / HTTP/1.1\nHost: a\r\n\r\n", "bare LF"},
        {"GET / HTTP/1.1\rHost: a\r\n\r\n", "bare CR"},
        {"GET / HTTP/1.1\r\rHost: a\r\n\r\n", "bare CR"},
        {"GET /\nHost: a\r\n\r\n", "bare LF"},
        {"GET\n", "bare LF"},
        {"GET\r\n", "request line without a target"},
        {"GET /\r\n", "request line without a version (HTTP/0.9)"},
        {"GET / \r\n", "malformed HTTP version"},
        {"G\0T / HTTP/1.1\r\n\r\n"sv, "NUL"},
        {"GE(T / HTTP/1.1\r\n\r\n", "octet that may not stand in the start line"},
        {"GET: / HTTP/1.1\r\n\r\n", "octet that may not stand in the start line"},
        {"G\xc3T / HTTP/1.1\r\n\r\n", "octet that may not stand in the start line"},
        {"{\"a\": 1}", "octet that may not stand in the start line"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\nHost: a\r\n\r\n", "method longer than 32 octets"},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, "TLS handshake on a plain port"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 preface on an HTTP/1 connection", ErrorCode::unsupported_version},
    };
    for (const auto& row : rows) expect_refused(row);
}

TEST(Request, RefusesVersions) {
    constexpr auto kOther = "HTTP version other than 1.x";
    const Refused rows[] = {
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", kOther, ErrorCode::unsupported_version},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", kOther, ErrorCode::unsupported_version},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", kOther, ErrorCode::unsupported_version},
        {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", kOther, ErrorCode::unsupported_version},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / Http/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/2\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/1.\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/11.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", "octet that may not stand in the start line"},
        {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", "octet that may not stand in the start line"},
        {"GET / HTTP/1,1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP /1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTPS/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / XTTP/1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/-1.1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/1.+1\r\nHost: a\r\n\r\n", "malformed HTTP version"},
        {"GET / HTTP/1.\0\r\nHost: a\r\n\r\n"sv, "malformed HTTP version"},
    };
    for (const auto& row : rows) expect_refused(row);
}

TEST(Request, RefusesFieldLines) {
    const Refused rows[] = {
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "white space before the colon"},
        {"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", "white space before the colon"},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "folded field line (obs-fold)"},
        {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "folded field line (obs-fold)"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", "folded field line (obs-fold)"},
        {"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", "folded field line (obs-fold)"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n Transfer-Encoding: chunked\r\n\r\n", "folded field line (obs-fold)"},
        {"GET / HTTP/1.1\r\nHost: a\n\r\n", "bare LF"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", "bare LF"},
        {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "bare LF"},
        {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "bare CR"},
        {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "bare CR"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", "bare CR"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\rX", "bare CR"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", "field line without a colon"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\n\r\n", "bare LF"},
        {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "empty field name"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n", "white space before the colon"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", "octet that may not stand in a field name"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\"X\": b\r\n\r\n", "octet that may not stand in a field name"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: b\r\n\r\n", "octet that may not stand in a field name"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\x0b: b\r\n\r\n", "octet that may not stand in a field name"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"sv, "NUL"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv, "NUL"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", "control octet in a field value"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", "control octet in a field value"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: \x0b\r\n\r\n", "control octet in a field value"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x1b[31m\r\n\r\n", "control octet in a field value"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x0c\r\n\r\n", "control octet in a field value"},
        {"GET / HTTP/1.1\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "white space before the colon"},
    };
    for (const auto& row : rows) expect_refused(row);
}

TEST(Request, RefusesHosts) {
    constexpr auto kInvalid = "Host that is no valid authority";
    const Refused rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", "missing Host"},
        {"GET http://a/ HTTP/1.1\r\n\r\n", "missing Host"},
        {"GET / HTTP/1.1\r\nX-Host: a\r\n\r\n", "missing Host"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "several Host fields"},
        {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "several Host fields"},
        {"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "several Host fields"},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "several Host fields"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", kInvalid},
        {"GET / HTTP/1.0\r\nHost: \r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: u:p@a\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: .\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: .a\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: b\xc3\xbc"
         "cher.example\r\n\r\n",
         kInvalid},
        {"GET / HTTP/1.1\r\nHost: a'b\r\n\r\n", kInvalid},
        {"GET / HTTP/1.1\r\nHost: *\r\n\r\n", kInvalid},
    };
    for (const auto& row : rows) expect_refused(row);
}

TEST(Request, RefusesAmbiguousFraming) {
    constexpr auto kNumber = "Content-Length that is no decimal number";
    constexpr auto kSeveral = "several Content-Length fields";
    constexpr auto kRange = "Content-Length out of range";
    constexpr auto kBoth = "both Content-Length and Transfer-Encoding";
    constexpr auto kCoding = "Transfer-Encoding that is not a single chunked";
    constexpr auto kCodings = "several Transfer-Encoding fields";
    constexpr auto kColon = "white space before the colon";
    constexpr auto kControl = "control octet in a field value";
    constexpr auto kUnknown = "transfer coding other than chunked";
    const Refused rows[] = {
        {"Content-Length: 5\r\nContent-Length: 5", kSeveral},
        {"Content-Length: 5\r\nContent-Length: 6", kSeveral},
        {"Content-Length: 0\r\ncontent-length: 0", kSeveral},
        {"Content-Length: 5,5", kNumber},
        {"Content-Length: 5, 5", kNumber},
        {"Content-Length: 5 5", kNumber},
        {"Content-Length: +5", kNumber},
        {"Content-Length: -5", kNumber},
        {"Content-Length: -0", kNumber},
        {"Content-Length: 0x5", kNumber},
        {"Content-Length: 5h", kNumber},
        {"Content-Length: a", kNumber},
        {"Content-Length: 5.0", kNumber},
        {"Content-Length: 1e3", kNumber},
        {"Content-Length: 5;", kNumber},
        {"Content-Length: \"5\"", kNumber},
        {"Content-Length: 5_0", kNumber},
        {"Content-Length:", kNumber},
        {"Content-Length:  ", kNumber},
        {"Content-Length: ,", kNumber},
        {"Content-Length: \xd9\xa5", kNumber},
        {"Content-Length: 5\x0b", kControl},
        {"Content-Length: \x0b"
         "5",
         kControl},
        {"Content-Length : 5", kColon},
        {"Content-Length: 9223372036854775808", kRange},
        {"Content-Length: 18446744073709551615", kRange},
        {"Content-Length: 18446744073709551616", kRange},
        {"Content-Length: 18446744073709551621", kRange},
        {"Content-Length: 99999999999999999999999999", kRange},
        {"Content-Length: 5\r\nTransfer-Encoding: chunked", kBoth},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5", kBoth},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0", kBoth},
        {"Transfer-Encoding: xchunked\r\nContent-Length: 5", kBoth},
        {"Content-Length: x\r\nTransfer-Encoding: chunked", kBoth},
        {"Transfer-Encoding: chunked, chunked", kCoding},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", kCodings},
        {"Transfer-Encoding: chunked\r\nTransfer-encoding: x", kCodings},
        {"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", kCodings},
        {"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", kCodings},
        {"Transfer-Encoding: identity", kCoding},
        {"Transfer-Encoding: identity, chunked", kCoding},
        {"Transfer-Encoding: xchunked", kCoding},
        {"Transfer-Encoding: chunkedx", kCoding},
        {"Transfer-Encoding: chunke", kCoding},
        {"Transfer-Encoding: chunked;a=b", kCoding},
        {"Transfer-Encoding: chunked ;a", kCoding},
        {"Transfer-Encoding: chunked,", kCoding},
        {"Transfer-Encoding: ,chunked", kCoding},
        {"Transfer-Encoding: \"chunked\"", kCoding},
        {"Transfer-Encoding: 'chunked'", kCoding},
        {"Transfer-Encoding: chunked chunked", kCoding},
        {"Transfer-Encoding: [chunked]", kCoding},
        {"Transfer-Encoding: \xc3\xa7hunked", kCoding},
        {"Transfer-Encoding: chunked\xa0", kCoding},
        {"Transfer-Encoding:", kCoding},
        {"Transfer-Encoding: gzip", kCoding},
        {"Transfer-Encoding: chunked, gzip", kCoding},
        {"Transfer-Encoding: chunked, identity", kCoding},
        {"Transfer-Encoding: a b, chunked", kCoding},
        {"Transfer-Encoding: gzip;q=1, chunked", kCoding},
        {"Transfer-Encoding: gzip, chunked, chunked", kCoding},
        {"Transfer-Encoding: gzip, chunked", kUnknown, ErrorCode::unsupported_coding},
        {"Transfer-Encoding: xchunked, chunked", kUnknown, ErrorCode::unsupported_coding},
        {"Transfer-Encoding: deflate, gzip , Chunked", kUnknown, ErrorCode::unsupported_coding},
        {"Transfer-Encoding : chunked", kColon},
        {"Transfer-Encoding\t: chunked", kColon},
        {"Transfer-Encoding:\x0b"
         "chunked",
         kControl},
        {"Transfer-Encoding: \x0b"
         "chunked",
         kControl},
        {"Transfer-Encoding: chunked\x0b", kControl},
        {"Transfer-Encoding:\x0c"
         "chunked",
         kControl},
        {"Transfer-Encoding: chunked\x7f", kControl},
        {"Transfer-Encoding:\n chunked", "bare LF"},
        {"Transfer-Encoding:\r\n chunked", "folded field line (obs-fold)"},
        {"Transfer-Encoding\r\n : chunked", "field line without a colon"},
        {"Transfer-Encoding: chunked\r\n , identity", "folded field line (obs-fold)"},
        {"X: y\rTransfer-Encoding: chunked", "bare CR"},
        {"X: y\nTransfer-Encoding: chunked", "bare LF"},
        {"X:\0\r\nTransfer-Encoding: chunked"sv, "NUL"},
        {"\x00Transfer-Encoding: chunked"sv, "NUL"},
        {" Transfer-Encoding: chunked", "folded field line (obs-fold)"},
        {"\x0bTransfer-Encoding: chunked", "octet that may not stand in a field name"},
    };
    for (const auto& row : rows) {
        const auto head = "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(row.octets) + "\r\n\r\n";
        expect_refused({head, row.detail, row.code});
    }
}

TEST(Request, RefusesTransferEncodingInHttp10) {
    expect_refused({"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding in HTTP/1.0"});
    expect_refused({"POST / HTTP/1.0\r\nTransfer-Encoding: x\r\n\r\n", "Transfer-Encoding in HTTP/1.0"});
}

TEST(Request, RefusesExpectations) {
    constexpr auto kDetail = "expectation other than 100-continue";
    for (const auto* value : {"x", "100-continue, x", "100-continue;a", "100", "200-ok", ""})
        expect_refused(
            {"POST / HTTP/1.1\r\nHost: a\r\nExpect: " + std::string(value) + "\r\n\r\n", kDetail, ErrorCode::expectation_failed});
}

TEST(Request, RefusesManyConnectionOptions) {
    std::string options;
    for (int i = 0; i < 65; ++i) options += "a,";
    expect_refused({"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + options + "\r\n\r\n", "too many options in Connection"});
}

struct Taken {
    std::string_view octets;
    std::string_view message;  // as text_of() says it
};

TEST(Request, Takes) {
    const Taken rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"GET /a?b=%00|c HTTP/1.1\r\nhOST:a:80\r\n\r\n",
         "GET /a?b=%00|c @a:80 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 hOST=a:80|"},
        {"GET // HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
         "GET // @[::1]:8080 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=[::1]:8080|"},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "get / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"M-SEARCH!#$%&'*+-.^_`|~09 / HTTP/1.1\r\nHost: a\r\n\r\n",
         "M-SEARCH!#$%&'*+-.^_`|~09 / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\nHost: a\r\n\r\n",
         "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        {"GET / HTTP/1.0\r\n\r\n", "GET / @ HTTP/1.0 framing 0:0 upgrade '' continue 0 keeps 0 "},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
         "GET / @ HTTP/1.0 framing 0:0 upgrade '' continue 0 keeps 1 Connection=Keep-Alive|"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
         "GET / @ HTTP/1.0 framing 0:0 upgrade '' continue 0 keeps 0 Connection=keep-alive, close|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection:,CLOSE ,\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 0 Host=a|Connection=x|Connection=,CLOSE ,|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX-Close: close\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|X-Close=close|"},
        // Values: white space around goes, inside stays; obs-text passes.
        {"GET / HTTP/1.1\r\nHost: \t a \t\r\nX:\r\nY:  \r\nZ:a\tb  c\r\nW: \xc3\xa9\xff\x80\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|X=|Y=|Z=a\tb  c|W=\xc3\xa9\xff\x80|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: : b:\r\n\r\n", "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|X=: b:|"},
        // Absolute-form: its authority wins over Host (RFC 9112 3.2.2).
        {"GET http://b.example:81/p?q HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n",
         "GET /p?q @b.example:81 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 X=y|Host=b.example:81|"},
        {"GET HTTPS://B HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @B HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=B|"},
        {"GET http://b?x=/y HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?x=/y @b HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=b|"},
        {"GET http://b/ HTTP/1.0\r\n\r\n", "GET / @b HTTP/1.0 framing 0:0 upgrade '' continue 0 keeps 0 Host=b|"},
        {"GET http://[2001:db8::1]:80/ HTTP/1.1\r\nHost: a\r\n\r\n",
         "GET / @[2001:db8::1]:80 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=[2001:db8::1]:80|"},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|"},
        // RFC 9112 3.2.4.
        {"OPTIONS http://www.example.org:8001 HTTP/1.1\r\nHost: a\r\n\r\n",
         "OPTIONS * @www.example.org:8001 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=www.example.org:8001|"},
        {"OPTIONS http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS / @b HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=b|"},
        {"CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n",
         "CONNECT b:443 @b:443 HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=b:443|"},
        {"CONNECT [::1]:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
         "CONNECT [::1]:443 @[::1]:443 HTTP/1.1 framing 1:0 upgrade '' continue 0 keeps 1 Host=[::1]:443|Content-Length=0|"},
        // Framing.
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
         "POST / @a HTTP/1.1 framing 1:0 upgrade '' continue 0 keeps 1 Host=a|Content-Length=0|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n",
         "GET / @a HTTP/1.1 framing 1:9223372036854775807 upgrade '' continue 0 keeps 1 Host=a|Content-Length=9223372036854775807|"},
        {"POST / HTTP/1.0\r\nContent-Length: 007\r\n\r\n",
         "POST / @ HTTP/1.0 framing 1:7 upgrade '' continue 0 keeps 0 Content-Length=007|"},
        {"POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING: \t cHUNKED \r\n\r\n",
         "POST / @a HTTP/1.1 framing 2:0 upgrade '' continue 0 keeps 1 Host=a|tRANSFER-eNCODING=cHUNKED|"},
        // Names that only look like framing are no framing; the writer refuses nothing, an origin sees them as they are.
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent_Length: 5\r\n\r\n",
         "POST / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Transfer_Encoding=chunked|Content_Length=5|"},
        // Expectation.
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n",
         "POST / @a HTTP/1.1 framing 1:3 upgrade '' continue 1 keeps 1 Host=a|Expect=100-Continue|Content-Length=3|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Expect=100-continue|"},
        {"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
         "POST / @a HTTP/1.1 framing 1:0 upgrade '' continue 0 keeps 1 Host=a|Expect=100-continue|Content-Length=0|"},
        {"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
         "POST / @ HTTP/1.0 framing 1:3 upgrade '' continue 0 keeps 0 Expect=100-continue|Content-Length=3|"},
        // Upgrade.
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade 'websocket' continue 0 keeps 1 Host=a|Connection=keep-alive, Upgrade|Upgrade=websocket|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Upgrade=websocket|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Connection=Upgrade, "
         "HTTP2-Settings|Upgrade=h2c|HTTP2-Settings=A|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, H2C\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Connection=Upgrade|Upgrade=websocket, H2C|"},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n",
         "GET / @a HTTP/1.1 framing 0:0 upgrade '' continue 0 keeps 1 Host=a|Connection=Upgrade|Upgrade=websocket|Upgrade=h2c|"},
        {"GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
         "GET / @ HTTP/1.0 framing 0:0 upgrade '' continue 0 keeps 0 Connection=Upgrade|Upgrade=websocket|"},
        {"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\n",
         "POST / @a HTTP/1.1 framing 1:1 upgrade '' continue 0 keeps 1 Host=a|Connection=Upgrade|Upgrade=websocket|Content-Length=1|"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(::testing::PrintToString(row.octets));
        const auto outcome = feed_request(row.octets);
        EXPECT_EQ(outcome.state, ParseState::done) << outcome.detail;
        EXPECT_EQ(outcome.message, row.message);
        EXPECT_EQ(outcome.octets, row.octets.size());
    }
}

TEST(Request, StopsAtTheEndOfItsHead) {
    constexpr auto kHead = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv;
    for (const auto rest : {"GET / HTTP/1.1\r\n"sv, "\r\n\r\n"sv, "\0\n"sv}) {
        RequestFeed feed;
        const auto outcome = feed.feed(std::string(kHead) + std::string(rest));
        EXPECT_EQ(outcome.state, ParseState::done);
        EXPECT_EQ(outcome.octets, kHead.size());
        // The same parser is ready for what follows.
        EXPECT_EQ(feed.feed(kHead).state, ParseState::done);
    }
}

TEST(Request, ReadsAgainAfterAFault) {
    RequestFeed feed;
    EXPECT_EQ(feed.feed("GET / HTTP/1.1\r\nHost").state, ParseState::need_more);
    EXPECT_EQ(feed.feed("GET / HTTP/1.1\r\nHost : a\r\n\r\n").state, ParseState::bad);
    EXPECT_EQ(feed.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").state, ParseState::done);
}

TEST(Request, KnowsWhetherItHasBegun) {
    Arena arena;
    Request request(arena);
    HeadParser parser;
    EXPECT_FALSE(parser.has_begun());
    parser.parse("", {}, request);
    EXPECT_FALSE(parser.has_begun());
    parser.parse("\r\n", {}, request);
    EXPECT_FALSE(parser.has_begun());
    parser.parse("\r\nG", {}, request);
    EXPECT_TRUE(parser.has_begun());
    parser.reset();
    EXPECT_FALSE(parser.has_begun());
}

TEST(Request, BoundsTheRequestLine) {
    const HeadLimits limits{.request_line_max = 40, .header_count_max = 10, .header_bytes_max = 200};
    const auto line = [](std::size_t octets) { return "GET /" + std::string(octets - 16, 'a') + " HTTP/1.1\r\n"; };
    ASSERT_EQ(line(40).size(), 40U);
    EXPECT_EQ(feed_request(line(40) + "Host: a\r\n\r\n", limits).state, ParseState::done);
    const auto outcome = feed_request(line(41) + "Host: a\r\n\r\n", limits);
    EXPECT_EQ(outcome.code, ErrorCode::uri_too_long);
    EXPECT_EQ(outcome.detail, "start line longer than request_line_max");
    // Empty lines before it are not part of it.
    EXPECT_EQ(feed_request("\r\n" + line(40) + "Host: a\r\n\r\n", limits).state, ParseState::done);
    // The limit speaks before a fault that lies behind it.
    EXPECT_EQ(feed_request(line(60) + "Host : a\r\n\r\n", limits).code, ErrorCode::uri_too_long);
    // No line end in sight: refused as soon as the limit is met.
    EXPECT_EQ(feed_request("GET /" + std::string(35, 'a'), limits).code, ErrorCode::uri_too_long);
    EXPECT_EQ(feed_request("GET /" + std::string(34, 'a'), limits).state, ParseState::need_more);
}

TEST(Request, BoundsTheHead) {
    const HeadLimits limits{.request_line_max = 100, .header_count_max = 3, .header_bytes_max = 100};
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    const auto head = [&](std::size_t octets) { return start + "X:" + std::string(octets - start.size() - 6, 'b') + "\r\n\r\n"; };
    ASSERT_EQ(head(100).size(), 100U);
    EXPECT_EQ(feed_request(head(100), limits).state, ParseState::done);
    EXPECT_EQ(feed_request(head(101), limits).code, ErrorCode::fields_too_large);
    EXPECT_EQ(feed_request(head(500), limits).detail, "head longer than header_bytes_max");
    EXPECT_EQ(feed_request(head(500).substr(0, 100), limits).code, ErrorCode::fields_too_large);
    EXPECT_EQ(feed_request(head(500).substr(0, 99), limits).state, ParseState::need_more);

    EXPECT_EQ(feed_request(start + "A:\r\nB:\r\n\r\n", limits).state, ParseState::done);
    const auto outcome = feed_request(start + "A:\r\nB:\r\nC:\r\n\r\n", limits);
    EXPECT_EQ(outcome.code, ErrorCode::fields_too_large);
    EXPECT_EQ(outcome.detail, "more fields than header_count_max");
    EXPECT_EQ(feed_request(start + "A:\r\nB:\r\nC", limits).code, ErrorCode::fields_too_large);
}

TEST(Request, RefusesEarly) {
    for (const auto octets :
         {"GET /\x80"sv, "GET / HTTP/1.1\r\nHost: a\n"sv, "GET / HTTX"sv, "GET / HTTP/1.1\r\nX Y"sv, "\x16"sv, "GET  "sv})
        EXPECT_EQ(feed_request(octets).state, ParseState::bad) << ::testing::PrintToString(octets);
}

// A head that trickles in is looked at once: the count of octets handed to the parser is quadratic, the work must not be. A quadratic
// lexer would need half a terabyte of octet steps here.
TEST(Request, TakesATrickleInLinearTime) {
    const HeadLimits limits{.request_line_max = 1U << 20U, .header_count_max = 100, .header_bytes_max = 2U << 20U};
    const auto head = "GET /" + std::string(500'000, 'a') + " HTTP/1.1\r\nHost: a\r\nX: " + std::string(500'000, 'b') + "\r\n\r\n";
    Arena arena;
    Request request(arena);
    HeadParser parser;
    ParseStep step;
    for (std::size_t i = 1; i <= head.size(); ++i) step = parser.parse(std::string_view(head).substr(0, i), limits, request);
    EXPECT_EQ(step.state, ParseState::done);
    EXPECT_EQ(step.head_octets, head.size());
}

TEST(Request, TakesManyFields) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 99; ++i) head += "X-Field-" + std::to_string(i) + ": " + std::string(static_cast<std::size_t>(i), 'v') + "\r\n";
    RequestFeed feed;
    ASSERT_EQ(feed.feed(head + "\r\n").state, ParseState::done);
    ASSERT_EQ(feed.request().fields.size(), 100U);
    EXPECT_EQ(feed.request().fields.value("x-field-98").size(), 98U);
}

}  // namespace
}  // namespace weir::http::h1::test
