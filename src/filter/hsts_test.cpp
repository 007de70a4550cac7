#include "filter/hsts.h"

#include <gtest/gtest.h>

#include "base/arena.h"

namespace weir::filter {
namespace {

TEST(HstsTest, IsSaidByHttpsOnlyAndTheConfigurationCountsMoreThanTheOrigin) {
    struct Row {
        Hsts hsts;
        http::Scheme scheme;
        std::string_view from_origin;
        std::string_view result;
    };
    constexpr auto kHttps = http::Scheme::https;
    constexpr auto kHttp = http::Scheme::http;
    for (const auto& row :
         {Row{{}, kHttps, "", ""}, Row{{.value = "max-age=1"}, kHttps, "", "max-age=1"},
          // RFC 6797 7.2: never in the clear.
          Row{{.value = "max-age=1", .is_explicit = true}, kHttp, "", ""}, Row{{.value = "max-age=1"}, kHttps, "max-age=2", "max-age=2"},
          Row{{.value = "max-age=1", .is_explicit = true}, kHttps, "max-age=2", "max-age=1"}}) {
        Arena arena;
        http::Fields fields(arena);
        if (!row.from_origin.empty()) fields.add(http::FieldId::strict_transport_security, row.from_origin);
        http::Facts facts;
        facts.scheme = row.scheme;
        apply(row.hsts, facts, fields);
        EXPECT_EQ(fields.value(http::FieldId::strict_transport_security), row.result);
    }
}

}  // namespace
}  // namespace weir::filter
