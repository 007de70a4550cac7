#include "filter/forwarded.h"

#include <gtest/gtest.h>

#include "filter/forwarded_element.h"

namespace weir::filter {
namespace {

struct Line {
    const char* name;
    const char* value;
};
using Lines = std::initializer_list<Line>;

std::string told_origin(const ForwardedOptions& options, bool is_trusted, Lines lines, const char* peer = "192.0.2.1") {
    Arena arena;
    http::Request request(arena);
    request.authority = "Example.com:8080";
    for (const auto& line : lines) request.fields.add(line.name, line.value);
    http::Facts facts;
    facts.request = &request;
    facts.host = "example.com";
    facts.scheme = http::Scheme::https;
    if (*peer != '\0') facts.connection_peer = *net::Ip::parse(peer);
    else facts.connection_peer.family = net::Family::local;
    facts.client = is_trusted ? *net::Ip::parse("203.0.113.9") : facts.connection_peer;
    facts.is_peer_trusted = is_trusted;
    apply(options, facts, request.fields);
    std::string out;
    for (const auto& field : request.fields) out += std::string(field.name) + ": " + std::string(field.value) + "|";
    return out;
}

TEST(Forwarded, WhatAClientSaysItselfIsRemoved) {
    const Lines lies{
        {"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-proto", "http"}, {"X-Forwarded-Host", "evil.test"}, {"X-Forwarded-Port", "1"},
        {"Forwarded", "for=1.1.1.1"},   {"X-Real-IP", "1.1.1.1"},      {"X-Forwarded-Prefix", "/x"},      {"X-Kept", "1"}};
    EXPECT_EQ(told_origin({}, false, lies),
              "X-Kept: 1|X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: https|X-Forwarded-Host: Example.com:8080|");
    EXPECT_EQ(told_origin({.x_forwarded = false}, false, lies), "X-Kept: 1|");
    EXPECT_EQ(told_origin({.x_forwarded = false, .real_ip = true}, false, lies), "X-Kept: 1|X-Real-IP: 192.0.2.1|");
    EXPECT_EQ(told_origin({.x_forwarded = false, .rfc7239 = true}, false, lies),
              "X-Kept: 1|Forwarded: for=192.0.2.1;host=\"Example.com:8080\";proto=https|");
    EXPECT_EQ(told_origin({.hides_client = true}, false, lies), "X-Kept: 1|X-Forwarded-Proto: https|X-Forwarded-Host: Example.com:8080|");
}

TEST(Forwarded, ATrustedPeerIsContinued) {
    const Lines chain{{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.0.0.7"},  {"X-Forwarded-Proto", "http"},
                      {"X-Forwarded-Host", "shop.test"},  {"Forwarded", "for=203.0.113.9"}, {"CF-Connecting-IP", "203.0.113.9"}};
    EXPECT_EQ(told_origin({.rfc7239 = true, .real_ip = true}, true, chain),
              "X-Forwarded-For: 203.0.113.9, 10.0.0.7, 192.0.2.1|X-Forwarded-Proto: http|X-Forwarded-Host: shop.test|"
              "Forwarded: for=203.0.113.9, for=192.0.2.1;host=\"Example.com:8080\";proto=https|CF-Connecting-IP: 203.0.113.9|X-Real-IP: "
              "203.0.113.9|");
    EXPECT_EQ(told_origin({.rfc7239 = true, .real_ip = true, .hides_client = true}, true, chain),
              "X-Forwarded-Proto: http|X-Forwarded-Host: shop.test|Forwarded: for=_hidden;host=\"Example.com:8080\";proto=https|");
    EXPECT_EQ(told_origin({.x_forwarded = false, .rfc7239 = true}, true, {{"Forwarded", "for=\"open"}}),
              "Forwarded: for=192.0.2.1;host=\"Example.com:8080\";proto=https|");
}

TEST(Forwarded, Ipv6IsQuotedAndSocketsAreUnknown) {
    EXPECT_EQ(told_origin({.rfc7239 = true}, false, {}, "2001:db8::1"),
              "X-Forwarded-For: 2001:db8::1|X-Forwarded-Proto: https|X-Forwarded-Host: Example.com:8080|"
              "Forwarded: for=\"[2001:db8::1]\";host=\"Example.com:8080\";proto=https|");
    EXPECT_EQ(told_origin({.rfc7239 = true}, false, {}, "::ffff:192.0.2.1").substr(0, 27), "X-Forwarded-For: 192.0.2.1|");
    EXPECT_EQ(told_origin({.rfc7239 = true, .real_ip = true}, false, {}, ""),
              "X-Forwarded-Proto: https|X-Forwarded-Host: Example.com:8080|Forwarded: for=unknown;host=\"Example.com:8080\";proto=https|");
}

TEST(ToldClient, WalksFromTheRightWhileTrusted) {
    struct {
        const char* peer;
        Lines lines;
        const char* ip;
        const char* scheme;
        const char* host;
    } const cases[] = {
        {"192.0.2.1", {{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-Proto", "https"}}, "192.0.2.1", "", ""},  // not trusted itself
        {"10.0.0.1", {}, "10.0.0.1", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9", "", ""},
        {"::ffff:10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.2"}}, "203.0.113.9", "", ""},  // what stands before is hearsay
        {"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3", "", ""},  // all trusted: the first
        {"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, unknown, 10.0.0.2"}}, "10.0.0.2", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "\"[2001:db8::9]:80\""}}, "2001:db8::9", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "2001:db8::9"}}, "2001:db8::9", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", ", ,203.0.113.9,"}}, "203.0.113.9", "", ""},
        {"10.0.0.1",
         {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "a.test"}},
         "203.0.113.9",
         "https",
         "a.test"},
        {"10.0.0.1", {{"X-Forwarded-Proto", "HTTPS"}}, "10.0.0.1", "https", ""},
        {"10.0.0.1", {{"X-Forwarded-Proto", "ftp"}}, "10.0.0.1", "", ""},
        // One element an address: that of the client's hop. Else the nearest proxy's word.
        {"10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.2"}, {"X-Forwarded-Proto", "https, http"}}, "203.0.113.9", "https", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "203.0.113.9, 10.0.0.2"}, {"X-Forwarded-Proto", "https, http, http"}}, "203.0.113.9", "http", ""},
        {"10.0.0.1", {{"Forwarded", "for=203.0.113.9;proto=https;host=a.test"}}, "203.0.113.9", "https", "a.test"},
        {"10.0.0.1", {{"Forwarded", "for=6.6.6.6, For=\"[2001:db8::9]:4711\" ; Proto=http, for=10.0.0.2"}}, "2001:db8::9", "http", ""},
        {"10.0.0.1", {{"Forwarded", "for=_hidden;proto=https"}}, "10.0.0.1", "https", ""},
        {"10.0.0.1", {{"Forwarded", "for=6.6.6.6, for=\"203.0.113.9"}}, "10.0.0.1", "", ""},  // a quote that never ends
        {"10.0.0.1", {{"Forwarded", "for=\"6.6.6.6, for=1.1.1.1\", for=10.0.0.2"}}, "10.0.0.2", "", ""},
        {"10.0.0.1", {{"Forwarded", "nonsense"}}, "10.0.0.1", "", ""},
        {"10.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}, {"Forwarded", "for=6.6.6.6"}}, "203.0.113.9", "", ""},
    };
    const std::vector trusted{*net::Network::parse("10.0.0.0/8")};
    for (const auto& [peer, lines, ip, scheme, host] : cases) {
        Arena arena;
        http::Fields fields(arena);
        for (const auto& line : lines) fields.add(line.name, line.value);
        const auto told = told_client(*net::Ip::parse(peer), trusted, fields);
        const auto* first = lines.size() == 0 ? "" : lines.begin()->value;
        EXPECT_EQ(told.ip.text(), ip) << first;
        EXPECT_EQ(told.scheme ? name_of(*told.scheme) : "", scheme) << first;
        EXPECT_EQ(told.host, host) << first;
    }
}

TEST(ForwardedElement, Quoting) {
    Arena arena;
    EXPECT_EQ(quoted_where_needed("example.com", arena), "example.com");
    EXPECT_EQ(quoted_where_needed("a:80", arena), "\"a:80\"");
    EXPECT_EQ(quoted_where_needed("a\"\\", arena), "\"a\\\"\\\\\"");
    EXPECT_EQ(quoted_where_needed("", arena), "\"\"");
    for (const char* text : {"[::1", "[1.2.3.4]", "[::1]x", "1.2.3", "unknown", "_x", "", "1.2.3.4:80:90", "\""})
        EXPECT_FALSE(parse_node(text)) << text;
}

}  // namespace
}  // namespace weir::filter
