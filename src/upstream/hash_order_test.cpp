#include "upstream/hash_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "upstream/balance_hash.h"

namespace weir::upstream {
namespace {

GroupOptions group_of(std::initializer_list<std::uint16_t> ports) {
    GroupOptions options{.name = "shield"};
    for (const auto port : ports) options.servers.push_back({.at = {.host = "127.0.0.1", .port = port}});
    return options;
}

std::uint64_t hash_of(int key) { return hash_key("http://shop.example/" + std::to_string(key)); }

TEST(HashOrder, NamesAllOnce) {
    const auto group = group_of({1, 2, 3});
    for (int key = 0; key < 50; ++key) {
        auto order = hash_order(group, hash_of(key), 10);
        std::ranges::sort(order);
        EXPECT_EQ(order, (std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}));
        EXPECT_EQ(hash_order(group, hash_of(key), 2).size(), 2U);
    }
}

// Who goes leaves his keys to others; nobody else's move.
TEST(HashOrder, OnlyTheShareOfWhoGoesMoves) {
    const auto all = group_of({1, 2, 3});
    const auto fewer = group_of({1, 3});
    std::map<std::string, int> shares;
    for (int key = 0; key < 300; ++key) {
        const auto before = hash_order(all, hash_of(key), 2);
        const auto after = hash_order(fewer, hash_of(key), 1);
        ++shares[before[0]];
        if (before[0] != "127.0.0.1:2") EXPECT_EQ(after[0], before[0]);
    }
    for (const auto& [name, share] : shares) EXPECT_GT(share, 60) << name;
}

TEST(HashOrder, IsNotKnownOfNames) {
    auto group = group_of({1});
    group.servers.push_back({.at = {.host = "shield.example", .port = 80}});
    EXPECT_TRUE(hash_order(group, 1, 3).empty());
    EXPECT_TRUE(hash_order(GroupOptions{}, 1, 3).empty());
}

}  // namespace
}  // namespace weir::upstream
