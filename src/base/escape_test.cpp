#include "base/escape.h"

#include <gtest/gtest.h>

#include <memory>

namespace weir {
namespace {

using namespace std::literals;

struct Row {
    std::string_view text, json, quoted;
};

const Row kRows[] = {
    {"", "", ""},
    {"plain", "plain", "plain"},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
    {"say \"hi\"", "say \\\"hi\\\"", "say \\x22hi\\x22"},
    {"back\\slash", "back\\\\slash", "back\\x5Cslash"},
    {"a\nb\rc\td", "a\\nb\\rc\\td", "a\\x0Ab\\x0Dc\\x09d"},
    {"nul\0end"sv, "nul\\u0000end", "nul\\x00end"},
    {"\x1b[31mred", "\\u001b[31mred", "\\x1B[31mred"},
    {"del\x7f", "del\\u007f", "del\\x7F"},
    {"caf\xc3\xa9", "caf\xc3\xa9", "caf\\xC3\\xA9"},
    {"\xf0\x9f\x8c\x8a", "\xf0\x9f\x8c\x8a", "\\xF0\\x9F\\x8C\\x8A"},
    {"c1 \xc2\x9b[31m", "c1 \\u009b[31m", "c1 \\xC2\\x9B[31m"},           // CSI as one character
    {"\xe2\x80\xaetxt.exe", "\\u202etxt.exe", "\\xE2\\x80\\xAEtxt.exe"},  // right-to-left override
    {"\xe2\x80\xa8", "\\u2028", "\\xE2\\x80\\xA8"},
    {"\xff", "\\ufffd", "\\xFF"},
    {"\xc3", "\\ufffd", "\\xC3"},  // cut short
    {"\xc3(", "\\ufffd(", "\\xC3("},
    {"\xc0\xaf", "\\ufffd\\ufffd", "\\xC0\\xAF"},  // overlong '/'
    {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd", "\\xE0\\x80\\xAF"},
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd", "\\xED\\xA0\\x80"},  // a surrogate
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd", "\\xF4\\x90\\x80\\x80"},
};

TEST(Escape, Rows) {
    for (const auto& row : kRows) {
        std::string json = "<", quoted = "<";
        append_json_text(row.text, json);
        append_quoted_text(row.text, quoted);
        EXPECT_EQ(json, "<" + std::string(row.json));
        EXPECT_EQ(quoted, "<" + std::string(row.quoted));
    }
}

// At each place within and around the blocks of 16 octets, and never more room than promised (the sanitizer watches the end).
TEST(Escape, AtEveryPlace) {
    for (std::size_t before = 0; before <= 34; ++before) {
        for (std::size_t after = 0; after <= 18; ++after) {
            const auto text = std::string(before, 'a') + "\n" + std::string(after, 'z');
            const auto room = text.size() * kJsonGrowthMax + kEscapeSlack;
            const auto out = std::make_unique<char[]>(room);
            const auto* end = write_json_text(text, out.get());
            EXPECT_EQ(std::string_view(out.get(), end), std::string(before, 'a') + "\\n" + std::string(after, 'z'));
        }
    }
}

TEST(Escape, WorstCaseFitsItsRoom) {
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string text(size, '\x01');
        const auto json = std::make_unique<char[]>(size * kJsonGrowthMax + kEscapeSlack);
        EXPECT_EQ(write_json_text(text, json.get()) - json.get(), static_cast<std::ptrdiff_t>(size * 6));
        const auto quoted = std::make_unique<char[]>(size * kQuotedGrowthMax + kEscapeSlack);
        EXPECT_EQ(write_quoted_text(text, quoted.get()) - quoted.get(), static_cast<std::ptrdiff_t>(size * 4));
    }
}

TEST(Escape, Utf8) {
    for (const auto* text : {"", "a", "caf\xc3\xa9", "\xf0\x9f\x8c\x8a", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_valid_utf8(text)) << text;
    for (const auto* text : {"\xff", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"})
        EXPECT_FALSE(is_valid_utf8(text)) << text;
}

TEST(Escape, PlainTextKeepsQuotes) {
    std::string out;
    append_plain_text("unknown \"hots\"\n\\ end", out);
    EXPECT_EQ(out, "unknown \"hots\"\\n\\ end");
}

}  // namespace
}  // namespace weir
