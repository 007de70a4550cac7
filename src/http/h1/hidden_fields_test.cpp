// Every octet at every place around the line that frames a body. Two parsers that disagree on whether it is there smuggle (a field that one
// of them does not see, or sees alone): so it is that field, or another one, or the head is refused.
#include <gtest/gtest.h>

#include "http/h1/feed_for_test.h"
#include "http/octets.h"

namespace weir::http::h1::test {
namespace {

enum class Means : std::uint8_t { refused, framing, other };

struct Place {
    std::string_view before, behind;  // of the octet
    Means (*means)(char);
};

constexpr Means of_a_name(char c) { return is_octet(c, kTokenOctet) ? Means::other : Means::refused; }
constexpr Means of_a_hyphen(char c) { return c == '-' ? Means::framing : c == ':' ? Means::other : of_a_name(c); }
constexpr Means of_a_colon(char c) { return c == ':' ? Means::framing : Means::refused; }
constexpr Means of_white_space(char c) { return c == ' ' || c == '\t' ? Means::framing : Means::refused; }
constexpr Means of_a_value(char c) { return is_octet(c, kValueOctet) ? Means::other : Means::refused; }
constexpr Means of_a_cr(char c) { return c == '\r' ? Means::framing : Means::refused; }
constexpr Means of_a_lf(char c) { return c == '\n' ? Means::framing : Means::refused; }
constexpr Means of_nothing(char) { return Means::refused; }

constexpr Place kPlaces[] = {
    {"", "Transfer-Encoding: chunked", of_a_name},
    {"Transfer-Encoding", ": chunked", of_a_name},
    {"Transfer", "Encoding: chunked", of_a_hyphen},
    {"Transfer-Encoding", "chunked", of_a_colon},
    {"Transfer-Encoding:", "chunked", of_white_space},
    {"Transfer-Encoding: chunked", "", of_white_space},
    {"Transfer-Encoding: chun", "ked", of_nothing},
    {"X: y", "Transfer-Encoding: chunked", of_a_value},
    {"X: y", "\nTransfer-Encoding: chunked", of_a_cr},
    {"X: y\r", "Transfer-Encoding: chunked", of_a_lf},
    {"X: y\r\n", "Transfer-Encoding: chunked", of_a_name},
    {"Transfer-Encoding: chunked", "\nX: y", of_a_cr},
    {"Transfer-Encoding: chunked\r", "X: y", of_a_lf},
    {"", "Content-Length: 5", of_a_name},
    {"Content-Length", ": 5", of_a_name},
    {"Content", "Length: 5", of_a_hyphen},
    {"Content-Length:", "\t5", of_white_space},
    {"Content-Length: 5 ", "", of_white_space},
    {"Content-Length: 5\t", "5", of_nothing},
    {"X: y", "Content-Length: 5", of_a_value},
    {"X: y\r", "Content-Length: 5", of_a_lf},
};

Means meaning_of(std::string_view line) {
    const auto outcome = feed_request("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(line) + "\r\n\r\n");
    EXPECT_NE(outcome.state, ParseState::need_more);
    if (outcome.state == ParseState::bad) return Means::refused;
    return outcome.message.contains("framing 0:0") ? Means::other : Means::framing;
}

TEST(HiddenFields, NoOctetHidesOrShowsOne) {
    for (const auto& place : kPlaces)
        for (unsigned octet = 0; octet < 256; ++octet) {
            const char c = static_cast<char>(octet);
            const auto line = std::string(place.before) + c + std::string(place.behind);
            EXPECT_EQ(meaning_of(line), place.means(c)) << ::testing::PrintToString(line);
        }
}

}  // namespace
}  // namespace weir::http::h1::test
