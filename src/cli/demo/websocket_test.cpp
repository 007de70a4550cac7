#include "cli/demo/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/demo/digest.h"

namespace weir::cli::websocket {
namespace {

using Kind = Event::Kind;

std::string masked(unsigned first, std::string_view payload, std::string_view mask = "mask") {
    std::string frame(1, static_cast<char>(first));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80U | payload.size());
    } else {
        frame += static_cast<char>(0x80U | 126U);
        frame += static_cast<char>(payload.size() >> 8U);
        frame += static_cast<char>(payload.size() & 0xFFU);
    }
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    return frame;
}

std::vector<std::string> events_of(std::string_view octets, std::size_t step) {
    FrameReader reader;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < octets.size(); at += step) {
        reader.feed(octets.substr(at, step));
        for (;;) {
            const auto event = reader.next();
            if (event.kind == Kind::need_more) break;
            if (event.kind == Kind::bad) return events.push_back("bad " + std::to_string(event.code)), events;
            static constexpr const char* kNames[] = {"", "message ", "ping ", "pong ", "close "};
            events.push_back(kNames[static_cast<int>(event.kind)] + std::string(event.payload.substr(0, 20)));
        }
    }
    return events;
}

TEST(Digest, KnownValues) {
    // RFC 3174 7.3 and RFC 4648 10.
    EXPECT_EQ(base64(sha1("abc")), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
    EXPECT_EQ(base64(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")), "hJg+RBw70m66rkqh+VEp5eVGcPE=");
    EXPECT_EQ(base64(sha1("")), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [text, coded] : rows) EXPECT_EQ(base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}), coded);
}

TEST(WebSocket, AcceptOfTheRfc) {
    // RFC 6455 1.3.
    EXPECT_EQ(accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, HeadsOfFrames) {
    EXPECT_EQ(frame_head(Opcode::text, 5), "\x81\x05");
    EXPECT_EQ(frame_head(Opcode::binary, 256), (std::string{'\x82', '\x7e', '\x01', '\0'}));
    EXPECT_EQ(frame_head(Opcode::binary, 65536), (std::string{'\x82', '\x7f', 0, 0, 0, 0, 0, 1, 0, 0}));
}

TEST(WebSocket, EventsAreTheSameHoweverTheOctetsAreCut) {
    const std::string octets = masked(0x81, "Hello") + masked(0x01, "Hel") + masked(0x89, "ping") + masked(0x80, "lo") +
                               masked(0x82, std::string(300, 'x')) + masked(0x8A, "") + masked(0x88, std::string("\x03\xe8") + "bye");
    const auto whole = events_of(octets, octets.size());
    EXPECT_THAT(whole, testing::ElementsAre("message Hello", "ping ping", "message Hello", "message " + std::string(20, 'x'), "pong ",
                                            std::string("close \x03\xe8") + "bye"));
    for (std::size_t step = 1; step < 20; ++step) EXPECT_EQ(events_of(octets, step), whole) << step;
}

TEST(WebSocket, WhatIsRefused) {
    const struct {
        const char* why;
        std::string octets;
        std::string event;
    } rows[] = {
        {"unmasked (5.1)", {'\x81', '\x01', 'a'}, "bad 1002"},
        {"reserved bit (5.2)", masked(0xC1, "a"), "bad 1002"},
        {"unknown opcode", masked(0x83, "a"), "bad 1002"},
        {"fragmented ping (5.5)", masked(0x09, "a"), "bad 1002"},
        {"long ping (5.5)", masked(0x89, std::string(126, 'a')), "bad 1002"},
        {"continuation of nothing (5.4)", masked(0x80, "a"), "bad 1002"},
        {"a message inside another (5.4)", masked(0x01, "a") + masked(0x81, "b"), "bad 1002"},
        {"no UTF-8 (8.1)", masked(0x81, "\xff"), "bad 1007"},
        {"close with one octet (5.5.1)", masked(0x88, "a"), "bad 1002"},
        {"close with 1005 (7.4.1)", masked(0x88, "\x03\xed"), "bad 1002"},
        {"too large", {'\x82', '\xff', 0, 0, 0, 0, 0, 32, 0, 0, 'm', 'a', 's', 'k'}, "bad 1009"},
        {"a length of 2^63", {'\x82', '\xff', '\x80', 0, 0, 0, 0, 0, 0, 0, 'm', 'a', 's', 'k'}, "bad 1009"},
    };
    for (const auto& row : rows) EXPECT_EQ(events_of(row.octets, row.octets.size()).back(), row.event) << row.why;
}

TEST(WebSocket, FragmentsTogetherAreBounded) {
    std::string octets = masked(0x02, std::string(60'000, 'x'));
    for (int i = 0; i < 20; ++i) octets += masked(0x00, std::string(60'000, 'x'));
    EXPECT_THAT(events_of(octets, octets.size()), testing::ElementsAre("bad 1009"));
}

}  // namespace
}  // namespace weir::cli::websocket
