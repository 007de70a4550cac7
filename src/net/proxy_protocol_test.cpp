#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace weir::net {
namespace {

using namespace std::string_view_literals;
using State = ProxyStep::State;

const std::string kV2Start = std::string("\r\n\r\n\0\r\nQUIT\n", 12);

std::string v2(std::uint8_t command, std::uint8_t family, std::string_view block) {
    auto out = kV2Start;
    out += static_cast<char>(command);
    out += static_cast<char>(family);
    out += static_cast<char>(block.size() >> 8U);
    out += static_cast<char>(block.size() & 0xffU);
    return out.append(block);
}

// Every beginning of what is given; the last one is the whole.
State feed(std::string_view whole, ProxyHeader& header, std::size_t& octets) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto step = parse_proxy_header(whole.substr(0, size), header);
        octets = step.octets;
        if (step.state != State::need_more) return step.state;
    }
    return State::need_more;
}

std::string ports(std::string_view addresses) { return std::string(addresses) + "\xdc\x04\x01\xbb"; }

TEST(ProxyProtocol, WhatIsUnderstood) {
    struct Row {
        std::string text;
        std::string source, destination;  // empty: none
    };
    const Row rows[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1:56324", "198.51.100.2:443"},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535", "255.255.255.255:65535"},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n", "1.2.3.4:0", "5.6.7.8:0"},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", "[2001:db8::1]:1", "[2001:db8::2]:2"},
        {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
        {"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", "192.0.2.1:1", "192.0.2.2:2"},
        {"PROXY UNKNOWN\r\n", "", ""},
        // The longest line there is (2.1): 107 octets.
        {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "", ""},
        {v2(0x20, 0x00, ""), "", ""},
        {v2(0x20, 0x11, ports("\x01\x02\x03\x04\x05\x06\x07\x08")), "", ""},
        {v2(0x20, 0xff, "whatever"), "", ""},  // LOCAL: the block is skipped
        {v2(0x21, 0x00, "whatever"), "", ""},
        {v2(0x21, 0x11, ports("\x01\x02\x03\x04\x05\x06\x07\x08")), "1.2.3.4:56324", "5.6.7.8:443"},
        {v2(0x21, 0x11,
            ports("\x01\x02\x03\x04\x05\x06\x07\x08") + std::string("\x04\x00\x03"
                                                                    "abc\x03\x00\x00",
                                                                    9)),
         "1.2.3.4:56324", "5.6.7.8:443"},
        {v2(0x21, 0x21, ports("\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x01\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x02")),
         "[2001:db8::1]:56324", "[2001:db8::2]:443"},
        {v2(0x21, 0x31, "/run/a" + std::string(102, '\0') + "/run/b" + std::string(102, '\0')), "unix:/run/a", "unix:/run/b"},
        {v2(0x21, 0x31, std::string("\0abstract", 9) + std::string(99, '\0') + std::string(108, '\0')), "unix:@abstract", "unix:"},
        {v2(0x21, 0x31, "@" + std::string(107, '\0') + "@file" + std::string(103, '\0')), "unix:./@", "unix:./@file"},
        {v2(0x21, 0x00, std::string(4080, 'x')), "", ""},
    };
    for (const auto& row : rows) {
        for (const auto* behind : {"", "GET / HTTP/1.1\r\n", "\r\n", "PROXY "}) {
            ProxyHeader header;
            const auto whole = row.text + behind;
            const auto step = parse_proxy_header(whole, header);
            EXPECT_EQ(step.state, State::done) << row.text << step.reason;
            EXPECT_EQ(step.octets, row.text.size()) << row.text;
            std::size_t octets = 0;
            ASSERT_EQ(feed(whole, header, octets), State::done) << row.text;
            EXPECT_EQ(octets, row.text.size());
            EXPECT_EQ(header.has_addresses, !row.source.empty());
            EXPECT_EQ(header.source.text(), row.source);
            EXPECT_EQ(header.destination.text(), row.destination);
        }
    }
}

TEST(ProxyProtocol, WhatIsRefused) {
    const std::string rows[] = {
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY\r\n",
        "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3.4\t5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n",
        "PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n",
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP6 [::1] ::2 1 2\r\n",
        "PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r ",
        "PROXY UNKNOWN\rX\n",
        "PROXY UNKNOWN " + std::string(94, 'x') + "\r\n",
        "PROXY UNKNOWN " + std::string(200, 'x'),
        "\r\nGET",
        std::string("\r\n\r\n\0\r\nQUIT ", 12),
        v2(0x11, 0x11, std::string(12, 'x')),
        v2(0x22, 0x11, std::string(12, 'x')),
        v2(0x31, 0x11, std::string(12, 'x')),
        v2(0x21, 0x10, std::string(12, 'x')),
        v2(0x21, 0x12, std::string(12, 'x')),  // datagrams do not come by a stream
        v2(0x21, 0x41, std::string(12, 'x')),
        v2(0x21, 0x01, std::string(12, 'x')),
        v2(0x21, 0x11, std::string(11, 'x')),
        v2(0x21, 0x21, std::string(35, 'x')),
        v2(0x21, 0x31, std::string(215, 'x')),
        v2(0x21, 0x11, std::string(12, 'x') + std::string("\x04\x00", 2)),
        v2(0x21, 0x11,
           std::string(12, 'x') + std::string("\x04\x00\x05"
                                              "four",
                                              7)),
        v2(0x20, 0x00, std::string(4081, 'x')),
    };
    for (const auto& row : rows) {
        ProxyHeader header;
        std::size_t octets = 0;
        EXPECT_EQ(feed(row, header, octets), State::bad) << row;
        const auto step = parse_proxy_header(row, header);
        EXPECT_EQ(step.state, State::bad) << row;
        EXPECT_STRNE(step.reason, "");
    }
}

TEST(ProxyProtocol, RefusesWhatIsNoHeaderAtItsFirstOctets) {
    ProxyHeader header;
    EXPECT_EQ(parse_proxy_header("G", header).state, State::bad);
    EXPECT_EQ(parse_proxy_header("PROXX", header).state, State::bad);
    EXPECT_EQ(parse_proxy_header("\r\n\r\n\r", header).state, State::bad);
    EXPECT_EQ(parse_proxy_header(kV2Start + "\x11", header).state, State::bad);
    EXPECT_EQ(parse_proxy_header("", header).state, State::need_more);
}

TEST(ProxyProtocol, WritesWhatItReads) {
    struct Row {
        std::string source, destination;
        bool is_known_to_v1 = true;
    };
    const Row rows[] = {
        {"192.0.2.1:1", "198.51.100.2:65535"},
        {"[2001:db8::1]:443", "[::1]:8080"},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
        {"unix:/run/a.sock", "unix:@b", false},
        {"unix:/" + std::string(106, 'p'), "unix:/" + std::string(106, 'q'), false},
    };
    for (const auto& row : rows) {
        const ProxyHeader header{
            .has_addresses = true, .source = *Address::parse(row.source), .destination = *Address::parse(row.destination)};
        std::array<char, kProxyWriteMax> room{};
        ProxyHeader back;
        auto octets = write_proxy_v2(header, room.data());
        ASSERT_LE(octets, room.size());
        EXPECT_EQ(parse_proxy_header({room.data(), octets}, back).octets, octets);
        EXPECT_EQ(back.source.text(), row.source);
        EXPECT_EQ(back.destination.text(), row.destination);
        octets = write_proxy_v1(header, room.data());
        ASSERT_LE(octets, kProxyV1OctetsMax);
        EXPECT_EQ(parse_proxy_header({room.data(), octets}, back).octets, octets);
        EXPECT_EQ(back.has_addresses, row.is_known_to_v1);
        if (row.is_known_to_v1) EXPECT_EQ(back.source.text(), row.source);
    }
}

TEST(ProxyProtocol, WritesTheUnknownAsUnknown) {
    std::array<char, kProxyWriteMax> room{};
    const auto written = [&](std::size_t octets) { return std::string(room.data(), octets); };
    EXPECT_EQ(written(write_proxy_v1({}, room.data())), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(written(write_proxy_v2({}, room.data())), v2(0x20, 0x00, ""));
    const ProxyHeader mixed{.has_addresses = true, .source = *Address::parse("1.2.3.4:5"), .destination = *Address::parse("[::1]:5")};
    EXPECT_EQ(written(write_proxy_v1(mixed, room.data())), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(written(write_proxy_v2(mixed, room.data())), v2(0x21, 0x00, ""));
}

}  // namespace
}  // namespace weir::net
