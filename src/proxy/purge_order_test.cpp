#include "proxy/purge_order.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

using What = PurgeOrder::What;
using From = PurgeOrder::From;

TEST(PurgeOrder, IsReadAndWritten) {
    struct Row {
        std::string_view query;
        What what;
        std::string_view text;
        bool is_soft;
        From from;
        unsigned tiers;
        std::string_view written;
    };
    const Row rows[] = {
        {"url=http%3A%2F%2Fa%2F%3Fb%26c", What::url, "http://a/?b&c", false, From::here, 4, "url=http%3A%2F%2Fa%2F%3Fb%26c&tiers=4"},
        {"prefix=http://a/b", What::prefix, "http://a/b", false, From::here, 4, "prefix=http%3A%2F%2Fa%2Fb&tiers=4"},
        {"soft&tag=one", What::tag, "one", true, From::here, 4, "tag=one&soft&tiers=4"},
        {"host=a.example&from=below&tiers=3", What::host, "a.example", false, From::below, 3, "host=a%2Eexample&from=below&tiers=3"},
        {"all&from=above&tiers=1", What::all, "", false, From::above, 1, "all&from=above&tiers=1"},
        {"all&tiers=99", What::all, "", false, From::here, 4, "all&tiers=4"},
        {"all&tiers=x", What::all, "", false, From::here, 1, "all&tiers=1"},
        {"tag=%C3%A4", What::tag, "\xc3\xa4", false, From::here, 4, "tag=%C3%A4&tiers=4"},
    };
    for (const auto& row : rows) {
        Arena arena;
        const auto order = read_purge(row.query, arena);
        ASSERT_TRUE(order) << row.query;
        EXPECT_EQ(order->what, row.what) << row.query;
        EXPECT_EQ(order->text, row.text) << row.query;
        EXPECT_EQ(order->is_soft, row.is_soft) << row.query;
        EXPECT_EQ(order->from, row.from) << row.query;
        EXPECT_EQ(order->tiers, row.tiers) << row.query;
        EXPECT_EQ(write_purge(*order), row.written) << row.query;
        const auto again = read_purge(write_purge(*order), arena);
        ASSERT_TRUE(again) << row.query;
        EXPECT_EQ(again->text, row.text) << row.query;
    }
}

TEST(PurgeOrder, SaysOneThing) {
    for (const auto* query : {"", "soft", "tag=a&host=b", "url=a&all", "from=below", "tags=a"}) {
        Arena arena;
        EXPECT_FALSE(read_purge(query, arena)) << query;
    }
}

}  // namespace
}  // namespace weir::proxy
