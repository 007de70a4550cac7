#include "acme/encoding.h"

#include <gtest/gtest.h>

namespace weir::acme {
namespace {

TEST(Encoding, Base64url) {
    struct Row {
        std::string_view octets, text;
    };
    // RFC 4648 10, without its padding; RFC 7515 C for the two odd characters.
    for (const auto& row : {Row{"", ""}, Row{"f", "Zg"}, Row{"fo", "Zm8"}, Row{"foo", "Zm9v"}, Row{"foob", "Zm9vYg"},
                            Row{"fooba", "Zm9vYmE"}, Row{"foobar", "Zm9vYmFy"}, Row{"\x03\xec\xff\xe0\xc1", "A-z_4ME"}}) {
        EXPECT_EQ(base64url(row.octets), row.text);
        EXPECT_EQ(parse_base64url(row.text), row.octets);
    }
    for (const std::string_view bad : {"Zg==", "Z", "Zm8=", "Zh", "Zm9", "Zm 9v", "Zm+v", "Zm/v"}) {
        EXPECT_FALSE(parse_base64url(bad)) << bad;
    }
    EXPECT_FALSE(is_base64url(""));
    EXPECT_FALSE(is_base64url("a/b"));
    EXPECT_TRUE(is_base64url("a-_9"));
}

TEST(Encoding, Digests) {
    EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231 4.3.
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Encoding, Times) {
    struct Row {
        std::string_view text, same;
    };
    for (const auto& row :
         {Row{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"}, Row{"2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"},
          Row{"2026-01-02T03:04:05.678901234567Z", "2026-01-02T03:04:05Z"}, Row{"2026-01-02T03:04:05+02:30", "2026-01-02T00:34:05Z"},
          Row{"2026-01-01T23:30:00-01:00", "2026-01-02T00:30:00Z"}, Row{"2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"}}) {
        const auto time = parse_time(row.text);
        ASSERT_TRUE(time) << row.text;
        EXPECT_EQ(time_text(*time), row.same);
    }
    for (const auto bad : {"", "2026-01-02", "2026-01-02T03:04:05", "2026-02-30T00:00:00Z", "2026-01-02T24:00:00Z", "2026-13-02T03:04:05Z",
                           "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+2:30", "9999-01-01T00:00:00Z", "2026-01-02T03:04:05Zx",
                           "-026-01-02T03:04:05Z", "2026-1--02T03:04:05Z"})
        EXPECT_FALSE(parse_time(bad)) << bad;
}

}  // namespace
}  // namespace weir::acme
