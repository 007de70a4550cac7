#include "cache/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cache {
namespace {

constexpr std::string_view kText = "https://shop.example/a/path?with=a&query";

// What lies on disks was placed by these numbers.
TEST(CacheHash, StaysAsItIs) {
    struct Row {
        std::size_t octets;
        std::uint64_t hash;
    };
    constexpr Row kRows[] = {{0, 0xf9cac4e6248fce0cU},  {1, 0x6987cd2c506f1d2cU},  {2, 0x9d9efdab167dc156U},  {3, 0x02baf131d72c34aeU},
                             {4, 0x9e738f0ae9efb81fU},  {5, 0x05eefd18c73e6700U},  {7, 0x5f1ddfcab750a02eU},  {8, 0x6d385644aee60e7cU},
                             {9, 0x4457a78a3449225eU},  {12, 0x5c24874b6d942d78U}, {15, 0x842f3ef29e881898U}, {16, 0xbdb1deefddcd8bf4U},
                             {17, 0xe05aaf641579a34aU}, {20, 0xd76af4a2da2a0655U}, {24, 0x69688416e3f1c108U}, {31, 0x4167dd759cd476c4U},
                             {32, 0xa68778f0578ce436U}, {33, 0xfb13e09eeba64ae4U}, {40, 0x450ec869274fb04dU}};
    for (const auto& row : kRows) EXPECT_EQ(hash_of(kText.substr(0, row.octets), 7), row.hash) << row.octets;
    EXPECT_EQ(hash_of({}, 7), hash_of("", 7));
}

TEST(CacheHash, HeedsEachOctetAndTheKey) {
    for (std::size_t octets = 1; octets <= kText.size(); ++octets) {
        const std::string text(kText.substr(0, octets));
        EXPECT_NE(hash_of(text, 7), hash_of(text, 8));
        for (std::size_t at = 0; at < octets; ++at) {
            auto other = text;
            other[at] = '*';
            EXPECT_NE(hash_of(other, 7), hash_of(text, 7)) << octets << ' ' << at;
        }
    }
}

}  // namespace
}  // namespace weir::cache
