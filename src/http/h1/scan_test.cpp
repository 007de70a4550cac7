#include "http/h1/scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/h1/scan_block.h"

namespace weir::http::h1 {
namespace {

bool stands_in_value(unsigned c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
bool stands_in_target(unsigned c) { return c > 0x20 && c < 0x7f && c != '#'; }
bool stands_in_token(unsigned c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
}
bool is_no_line_end(unsigned c) { return c != '\r' && c != '\n'; }

struct Row {
    const char* name;
    std::size_t (*scan)(std::string_view, std::size_t);
    bool (*stands)(unsigned);
};

std::vector<ScanVersion> versions() {
    std::vector<ScanVersion> all{ScanVersion::plain};
    if (best_scan() >= ScanVersion::sse2) all.push_back(ScanVersion::sse2);
    if (best_scan() >= ScanVersion::avx2) all.push_back(ScanVersion::avx2);
    return all;
}

class Scan : public ::testing::TestWithParam<ScanVersion> {
protected:
    void SetUp() override { choose_scan(GetParam()); }
    void TearDown() override { choose_scan(best_scan()); }
};

// Every octet at every place of texts of every length that ends inside another block, from every start.
TEST_P(Scan, FindsEveryOctetEverywhere) {
    const Row rows[] = {{"value", find_not_value, stands_in_value},    {"token", find_not_token, stands_in_token},
                        {"target", find_not_target, stands_in_target}, {"line end", find_line_end, is_no_line_end},
                        {"inline value", value_end, stands_in_value},  {"inline target", target_end, stands_in_target},
                        {"inline token", token_end, stands_in_token}};
    for (const auto& row : rows) {
        for (const std::size_t size : {1U, 2U, 15U, 16U, 17U, 31U, 32U, 33U, 47U, 48U, 63U, 64U, 65U, 100U}) {
            for (std::size_t at = 0; at < size; ++at) {
                for (unsigned c = 0; c < 256; ++c) {
                    // On the heap and of the exact size, so that the sanitizer sees a look behind the end.
                    std::vector<char> text(size, 'a');
                    text[at] = static_cast<char>(c);
                    const std::string_view view(text.data(), size);
                    const auto expected = row.stands(c) ? size : at;
                    ASSERT_EQ(row.scan(view, 0), expected) << row.name << " octet " << c << " at " << at << " of " << size;
                    ASSERT_EQ(row.scan(view, at), expected) << row.name << " octet " << c << " from " << at << " of " << size;
                    ASSERT_EQ(row.scan(view, at + 1), size) << row.name << " octet " << c << " behind " << at << " of " << size;
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Versions, Scan, ::testing::ValuesIn(versions()));

TEST(ScanWords, KnowTokensAndValues) {
    EXPECT_FALSE(is_token(""));
    EXPECT_TRUE(is_token("X-a!~"));
    EXPECT_FALSE(is_token("a b"));
    EXPECT_FALSE(is_token("a:"));
    EXPECT_FALSE(is_token("\xc3\xa9"));
    EXPECT_TRUE(is_field_value(""));
    EXPECT_TRUE(is_field_value("a \t\xff"));
    EXPECT_FALSE(is_field_value("a\r"));
    EXPECT_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace weir::http::h1
