#include "tls/client_hello.h"

#include <gtest/gtest.h>

namespace weir::tls {
namespace {

std::string two(std::size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }
std::string list(const std::vector<std::uint16_t>& entries) {
    std::string text;
    for (const auto entry : entries) text += two(entry);
    return text;
}
std::string with_length8(const std::string& content) { return static_cast<char>(content.size()) + content; }
std::string with_length16(const std::string& content) { return two(content.size()) + content; }
std::string extension(std::uint16_t kind, const std::string& content) { return two(kind) + with_length16(content); }

std::string message_of(std::uint16_t version, const std::vector<std::uint16_t>& ciphers, const std::string& extensions,
                       bool has_block = true) {
    auto body =
        two(version) + std::string(32, 'r') + with_length8("sess") + with_length16(list(ciphers)) + with_length8(std::string(1, '\0'));
    if (has_block) body += with_length16(extensions);
    return std::string(1, '\x01') + '\0' + two(body.size()) + body;
}

std::string server_name(const std::string& name) { return extension(0, with_length16('\0' + with_length16(name))); }
std::string protocols(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += with_length8(name);
    return extension(16, with_length16(text));
}

// Chrome on a Mac, the example of JA4's specification, with GREASE where Chrome puts it.
std::string chrome() {
    const auto empty = [](std::uint16_t kind) { return extension(kind, ""); };
    const auto extensions = empty(0x2a2a) + empty(0x001b) + server_name("example.com") + extension(0x0033, "keys") +
                            protocols({"h2", "http/1.1"}) + extension(0x002b, with_length8(list({0x7a7a, 0x0304, 0x0303}))) +
                            extension(0x000d, with_length16(list({0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}))) +
                            empty(0x0012) + empty(0x0023) + empty(0xff01) + empty(0x4469) +
                            extension(0x000a, with_length16(list({0x1a1a, 0x001d, 0x0017, 0x0018}))) + empty(0x0017) + empty(0x002d) +
                            extension(0x000b, with_length8(std::string(1, '\0'))) + empty(0x0005) + empty(0x3a3a) + empty(0x0015);
    return message_of(
        0x0303,
        {0x6a6a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
        extensions);
}

TEST(ClientHelloTest, EveryPartIsReadAndGreaseLeftOut) {
    const auto message = chrome();
    const auto hello = parse_client_hello(message);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->version, 0x0303);
    EXPECT_EQ(hello->version_highest, 0x0304);
    EXPECT_EQ(hello->ciphers.size(), 15U);
    EXPECT_EQ(hello->extensions.size(), 16U);
    EXPECT_EQ(hello->groups, (std::vector<std::uint16_t>{0x1d, 0x17, 0x18}));
    EXPECT_EQ(hello->signatures.front(), 0x0403);
    EXPECT_EQ(hello->point_formats, (std::vector<std::uint8_t>{0}));
    EXPECT_EQ(hello->protocols, (std::vector<std::string_view>{"h2", "http/1.1"}));
    EXPECT_EQ(hello->server_name, "example.com");
}

// github.com/FoxIO-LLC/ja4: technical_details/JA4.md
TEST(ClientHelloTest, Ja4AsPublished) {
    const auto message = chrome();
    EXPECT_EQ(ja4(*parse_client_hello(message)), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST(ClientHelloTest, Ja4AtItsEdges) {
    struct Row {
        const char* what;
        std::string message;
        std::string_view ja4;
    };
    const std::vector<std::uint16_t> many(150, 0x1301);
    const Row rows[] = {
        {"no extensions", message_of(0x0303, {0x1301}, "", false), "t12i010000_0f2cb44170f4_000000000000"},
        {"an empty block", message_of(0x0301, {0x1301}, ""), "t10i010000_0f2cb44170f4_000000000000"},
        {"only GREASE", message_of(0x0300, {0x0a0a}, extension(0x0a0a, "")), "ts3i000000_000000000000_000000000000"},
        {"counts end at 99", message_of(0x0303, many, ""), "t12i990000_"},
        {"one letter of a protocol", message_of(0x0303, {0x1301}, protocols({"x"})), "t12i0101xx_0f2cb44170f4_000000000000"},
        {"a protocol that is not text", message_of(0x0303, {0x1301}, protocols({"\xab\xcd"})), "t12i0101ad_0f2cb44170f4_000000000000"},
        {"half of it is text", message_of(0x0303, {0x1301}, protocols({"h\xcd"})), "t12i01016d_0f2cb44170f4_000000000000"},
    };
    for (const auto& row : rows) {
        const auto hello = parse_client_hello(row.message);
        ASSERT_TRUE(hello) << row.what;
        EXPECT_EQ(ja4(*hello).substr(0, row.ja4.size()), row.ja4) << row.what;
    }
}

// github.com/salesforce/ja3: README
TEST(ClientHelloTest, Ja3AsPublished) {
    const auto first =
        message_of(0x0301, {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
                   server_name("a") + extension(10, with_length16(list({23, 24, 25}))) + extension(11, with_length8(std::string(1, '\0'))));
    EXPECT_EQ(ja3_text(*parse_client_hello(first)), "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
    EXPECT_EQ(ja3(*parse_client_hello(first)), "ada70206e40642a3e4461f35503241d5");
    const auto second = message_of(0x0301, {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}, "", false);
    EXPECT_EQ(ja3_text(*parse_client_hello(second)), "769,4-5-10-9-100-98-3-6-19-18-99,,,");
    EXPECT_EQ(ja3(*parse_client_hello(second)), "de350869b8c85de67a350c8d186f11e6");
}

TEST(ClientHelloTest, ACutOrLongerMessageIsMalformed) {
    const auto whole = chrome();
    for (std::size_t octets = 0; octets < whole.size(); ++octets) {
        EXPECT_FALSE(parse_client_hello(whole.substr(0, octets))) << octets;
        // The head says that this is all: then a length inside does not fit, but where a part is optional.
        auto cut = whole.substr(0, octets);
        if (octets < 4) continue;
        cut[1] = 0, cut[2] = static_cast<char>((octets - 4) >> 8), cut[3] = static_cast<char>((octets - 4) & 0xff);
        const auto hello = parse_client_hello(cut);
        EXPECT_TRUE(!hello || hello->extensions.empty()) << octets;
    }
    EXPECT_FALSE(parse_client_hello(whole + "x"));
}

TEST(ClientHelloTest, WhatIsMalformedInside) {
    const std::pair<const char*, std::string> rows[] = {
        {"another message", "\x02" + chrome().substr(1)},
        {"an odd list of ciphers",
         std::string("\x01\0\0\x2a\x03\x03", 6) + std::string(32, 'r') + std::string("\0\0\x03\x13\x01\x13\x01\0", 8)},
        {"no ciphers", message_of(0x0303, {}, "")},
        {"an odd list of groups", message_of(0x0303, {1}, extension(10, with_length16("abc")))},
        {"octets behind a list", message_of(0x0303, {1}, extension(10, with_length16("ab") + "c"))},
        {"a list longer than its extension", message_of(0x0303, {1}, extension(13, two(9) + "ab"))},
        {"an empty protocol", message_of(0x0303, {1}, extension(16, with_length16(with_length8(""))))},
        {"a protocol longer than its list", message_of(0x0303, {1}, extension(16, with_length16("\x09h2")))},
        {"a name longer than its list", message_of(0x0303, {1}, extension(0, with_length16('\0' + two(9) + "a")))},
        {"an extension longer than the block", message_of(0x0303, {1}, two(10) + two(9) + "ab")},
        {"half a head of an extension", message_of(0x0303, {1}, "ab")},
    };
    for (const auto& [what, message] : rows) EXPECT_FALSE(parse_client_hello(message)) << what;
}

TEST(ClientHelloTest, AServerNameWithANulIsNone) {
    const auto message = message_of(0x0303, {1}, server_name(std::string("a\0b", 3)));
    const auto hello = parse_client_hello(message);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "");
}

}  // namespace
}  // namespace weir::tls
