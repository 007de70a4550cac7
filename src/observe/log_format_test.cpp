#include "observe/log_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "base/escape.h"
#include "observe/sample_facts.h"

namespace weir::observe {
namespace {

// In room of exactly the promised size, so that the sanitizer sees a line that needs more.
template <class Bound, class Write>
std::string line_of(const http::Facts& facts, Bound bound, Write write) {
    LogClock clock;
    const auto room = bound(facts);
    const auto out = std::make_unique<char[]>(room);
    auto* end = write(facts, clock, out.get());
    EXPECT_LE(static_cast<std::size_t>(end - out.get()), room);
    return {out.get(), end};
}

std::string combined(const http::Facts& facts) { return line_of(facts, combined_octets_max, write_combined); }
std::string json(const http::Facts& facts) { return line_of(facts, json_octets_max, write_json); }

// Takes a string off the front, quotes included: valid UTF-8, no bare control octets, only escapes of RFC 8259 7.
bool take_string(std::string_view& text) {
    if (!text.starts_with('"')) return false;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (static_cast<unsigned char>(text[at]) < 0x20) return false;
        if (text[at] == '"') {
            const bool is_utf8 = is_valid_utf8(text.substr(0, at));
            text.remove_prefix(at + 1);
            return is_utf8;
        }
        if (text[at] != '\\') continue;
        ++at;
        if (at >= text.size() || !std::strchr("\"\\/bfnrtu", text[at])) return false;
        if (text[at] == 'u' && text.substr(at + 1, 4).find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
    }
    return false;
}

// A number, true or false (RFC 8259 3 and 6).
bool take_plain(std::string_view& text) {
    const auto size = std::min(text.find_first_of(",}"), text.size());
    const auto word = text.substr(0, size);
    text.remove_prefix(size);
    if (word == "true" || word == "false") return true;
    const bool has_leading_zero = word.size() > 1 && word[0] == '0' && word[1] != '.';
    return !word.empty() && !has_leading_zero && word.find_first_not_of("0123456789.") == std::string_view::npos && word.back() != '.';
}

// One flat object and the end of the line.
bool is_valid_json(std::string_view text) {
    if (!text.starts_with('{')) return false;
    while (text.starts_with('{') || text.starts_with(',')) {
        text.remove_prefix(1);
        if (!take_string(text) || !text.starts_with(':')) return false;
        text.remove_prefix(1);
        if (!(text.starts_with('"') ? take_string(text) : take_plain(text))) return false;
    }
    return text == "}\n";
}

TEST(Json, TheTestKnowsInvalidOnes) {
    EXPECT_TRUE(is_valid_json("{\"a\":\"b\\n\\u00e9\",\"c\":1.5,\"d\":true}\n"));
    for (const auto* text : {"{\"a\":\"b\n\"}\n", "{\"a\":\"\\x\"}\n", "{\"a\":\"\xff\"}\n", "{\"a\":01}\n", "{\"a\":}\n", "{\"a\":\"b\"\n",
                             "{}\n{}\n", "{\"a\":\"b\"c\"}\n"})
        EXPECT_FALSE(is_valid_json(text)) << text;
}

TEST(Combined, ALine) {
    SampleFacts sample;
    EXPECT_EQ(combined(sample.facts),
              "192.0.2.7 - - [10/Oct/2000:13:55:36 +0000] \"GET /a/b?x=1 HTTP/1.1\" 200 512 \"https://example.com/start\" \"curl/8.0\"\n");
}

TEST(Combined, WhatDidNotComeIsADash) {
    SampleFacts sample;
    sample.request.fields.clear();
    sample.facts.status = 0;
    EXPECT_EQ(combined(sample.facts), "192.0.2.7 - - [10/Oct/2000:13:55:36 +0000] \"GET /a/b?x=1 HTTP/1.1\" 000 512 \"-\" \"-\"\n");
    sample.facts.request = nullptr;
    sample.facts.status = 400;
    EXPECT_EQ(combined(sample.facts), "192.0.2.7 - - [10/Oct/2000:13:55:36 +0000] \"-\" 400 512 \"-\" \"-\"\n");
}

TEST(Combined, NothingForgesALine) {
    SampleFacts sample;
    sample.request.target = "/\" 200 1\n10.0.0.1 - - forged";
    sample.request.fields.set("User-Agent", "x\"\r\n\x1b[2J\\");
    EXPECT_EQ(combined(sample.facts),
              "192.0.2.7 - - [10/Oct/2000:13:55:36 +0000] \"GET /\\x22 200 1\\x0A10.0.0.1 - - forged HTTP/1.1\" 200 512 "
              "\"https://example.com/start\" \"x\\x22\\x0D\\x0A\\x1B[2J\\x5C\"\n");
}

TEST(Json, ALine) {
    SampleFacts sample;
    EXPECT_EQ(json(sample.facts),
              "{\"time\":\"2000-10-10T13:55:36.123Z\",\"request_id\":\"0123456789abcdef0123456789abcdef\",\"client_ip\":\"192.0.2.7\","
              "\"client_port\":50123,\"connection\":9,\"connection_requests\":3,\"method\":\"GET\",\"scheme\":\"http\","
              "\"host\":\"example.com\",\"port\":8080,\"uri\":\"/a/b?x=1\",\"version\":\"HTTP/1.1\","
              "\"referer\":\"https://example.com/start\",\"user_agent\":\"curl/8.0\",\"status\":200,\"upstream_status\":200,"
              "\"request_octets\":120,\"request_body_octets\":0,\"reply_octets\":700,\"reply_body_octets\":512,\"complete\":true,"
              "\"phase\":\"log\",\"site\":\"example.com\",\"route\":\"/a/*\",\"upstream\":\"shop\",\"peer\":\"10.0.0.1:80\","
              "\"tries\":1,\"reused\":true,\"upstream_protocol\":\"HTTP/"
              "1.1\",\"time_total\":20.125,\"time_request\":1.000,\"time_queue\":1.000,\"time_connect\":0.500,"
              "\"time_first_byte\":10.000,\"time_body\":7.125}\n");
    EXPECT_TRUE(is_valid_json(json(sample.facts)));
}

TEST(Json, AFailedExchangeSaysWhy) {
    SampleFacts sample;
    sample.facts.has_error = true;
    sample.facts.error = ErrorCode::timeout;
    sample.facts.error_side = Side::upstream;
    sample.facts.error_detail = "first byte";
    sample.facts.status = 504;
    sample.facts.connection_peer = *net::Ip::parse("2001:db8::1");
    const auto line = json(sample.facts);
    EXPECT_NE(line.find("\"error\":\"timeout\",\"error_side\":\"upstream\",\"error_detail\":\"first byte\""), std::string::npos) << line;
    EXPECT_NE(line.find("\"connection_ip\":\"2001:db8::1\""), std::string::npos) << line;
}

TEST(Json, ARequestThatWasNoneHasFewMembers) {
    http::Facts facts;
    facts.status = 400;
    EXPECT_EQ(json(facts),
              "{\"time\":\"1970-01-01T00:00:00.000Z\",\"connection\":0,\"connection_requests\":0,\"scheme\":\"http\",\"status\":400,"
              "\"request_octets\":0,\"request_body_octets\":0,\"reply_octets\":0,\"reply_body_octets\":0,\"complete\":false,"
              "\"phase\":\"request\"}\n");
}

TEST(Json, HostileTextStaysValid) {
    for (int octet = 0; octet < 256; ++octet) {
        SampleFacts sample;
        const std::string text = "/\"" + std::string(1, static_cast<char>(octet)) + "\\\xc3";
        sample.request.target = text;
        sample.request.method = http::Method::other;
        sample.request.method_name = text;
        sample.request.fields.set("User-Agent", text);
        sample.request.fields.set("Referer", text);
        const auto line = json(sample.facts);
        EXPECT_TRUE(is_valid_json(line)) << line;
        EXPECT_EQ(line.find('\n'), line.size() - 1);
        const auto other = combined(sample.facts);
        EXPECT_EQ(other.find('\n'), other.size() - 1);
    }
}

TEST(Formats, TheLongestLineFits) {
    for (const std::size_t size : {0, 1, 15, 16, 17, 1000}) {
        SampleFacts sample;
        const std::string text(size, '\x01');
        sample.request.method = http::Method::other;
        sample.request.target = sample.request.method_name = text;
        sample.request.fields.set("User-Agent", text);
        sample.request.fields.set("Referer", text);
        auto& facts = sample.facts;
        facts.request_id = facts.host = facts.site = facts.route = facts.upstream = facts.peer = facts.error_detail = text;
        facts.has_error = true;
        facts.error = ErrorCode::unsupported_version;
        facts.error_side = Side::upstream;
        facts.client = *net::Ip::parse("1111:2222:3333:4444:5555:6666:7777:8888");
        facts.connection_peer = *net::Ip::parse("1111:2222:3333:4444:5555:6666:7777:9999");
        facts.client_port = facts.port = facts.status = facts.upstream_status = 65535;
        facts.tries = 255;
        facts.request_octets = facts.request_body_octets = facts.reply_octets = facts.reply_body_octets = ~std::uint64_t{0};
        facts.connection_serial = ~std::uint64_t{0};
        facts.request_on_connection = ~std::uint32_t{0};
        facts.at.begun = TimePoint(Duration(1));
        facts.at.done = TimePoint::max();
        EXPECT_FALSE(combined(facts).empty());
        EXPECT_TRUE(is_valid_json(json(facts))) << json(facts);
    }
}

TEST(Formats, SecretsAreNotLogged) {
    SampleFacts sample;
    sample.request.target = "/login?user=a&password=hunter2&page=2";
    sample.request.fields.set("Referer", "https://u:hunter2@example.com/?token=hunter2");
    for (const auto& line : {combined(sample.facts), json(sample.facts)}) {
        EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
        EXPECT_EQ(line.find("aHVudGVyMg"), std::string::npos) << line;
        EXPECT_NE(line.find("/login?user=a&password=***&page=2"), std::string::npos) << line;
        EXPECT_NE(line.find("https://***@example.com/?token=***"), std::string::npos) << line;
    }
}

TEST(LogClock, Rows) {
    const struct {
        std::int64_t milliseconds;
        std::string combined, iso;
    } rows[] = {
        {0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00.000Z"},
        {-1, "31/Dec/1969:23:59:59 +0000", "1969-12-31T23:59:59.999Z"},
        {951'782'400'007, "29/Feb/2000:00:00:00 +0000", "2000-02-29T00:00:00.007Z"},
        {951'782'400'999, "29/Feb/2000:00:00:00 +0000", "2000-02-29T00:00:00.999Z"},
        {1'798'761'599'050, "31/Dec/2026:23:59:59 +0000", "2026-12-31T23:59:59.050Z"},
    };
    LogClock clock;
    for (const auto& row : rows) {
        char out[64];
        const WallTime time{std::chrono::milliseconds(row.milliseconds)};
        EXPECT_EQ(std::string(out, clock.put_combined(out, time)), row.combined);
        EXPECT_EQ(std::string(out, clock.put_iso(out, time)), row.iso);
    }
}

}  // namespace
}  // namespace weir::observe
