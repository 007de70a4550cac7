#include "observe/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir::observe {
namespace {

using Type = Exposition::Type;

TEST(Exposition, FamiliesAndSamples) {
    Exposition out;
    out.family("weir_things_total", Type::counter, "Things; a \\ and a\nline.");
    out.sample({}, std::uint64_t{7});
    out.sample({{"a", "1"}, {"b", "2"}}, std::numeric_limits<std::uint64_t>::max());
    out.family("weir_level", Type::gauge, "A level.");
    out.sample({}, std::int64_t{-3});
    out.sample({{"a", "1"}}, 0.25);
    out.sample({{"a", "2"}}, std::numeric_limits<double>::infinity());
    out.sample({{"a", "3"}}, std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(out.text(), "# HELP weir_things_total Things; a \\\\ and a\\nline.\n"
                          "# TYPE weir_things_total counter\n"
                          "weir_things_total 7\n"
                          "weir_things_total{a=\"1\",b=\"2\"} 18446744073709551615\n"
                          "# HELP weir_level A level.\n"
                          "# TYPE weir_level gauge\n"
                          "weir_level -3\n"
                          "weir_level{a=\"1\"} 0.25\n"
                          "weir_level{a=\"2\"} +Inf\n"
                          "weir_level{a=\"3\"} NaN\n");
}

TEST(Exposition, LabelValuesAreEscaped) {
    const struct {
        std::string_view value, text;
    } rows[] = {
        {"", ""},
        {"/a/*", "/a/*"},
        {"say \"hi\"", "say \\\"hi\\\""},
        {"a\\b", "a\\\\b"},
        {"a\nb", "a\\nb"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"caf\xc3\xa9 \xff", "caf?? ?"},  // not UTF-8: Prometheus would refuse everything
        {"} 1\nforged 2", "} 1\\nforged 2"},
    };
    for (const auto& row : rows) {
        Exposition out;
        out.family("m", Type::gauge, "h");
        out.sample({{"l", row.value}}, std::uint64_t{1});
        EXPECT_EQ(out.text(), "# HELP m h\n# TYPE m gauge\nm{l=\"" + std::string(row.text) + "\"} 1\n");
    }
}

TEST(Exposition, HistogramsAreCumulative) {
    HistogramTotal total;
    total.buckets[0] = 2;
    total.buckets[3] = 5;
    total.buckets[kBucketBounds] = 1;
    total.nanoseconds = 1'500'000'000;
    Exposition out;
    out.family("m_seconds", Type::histogram, "h");
    out.histogram({{"site", "x"}}, total);
    const auto has = [&](std::string_view line) {
        return out.text().find(std::string("\n") + std::string(line) + "\n") != std::string::npos;
    };
    EXPECT_TRUE(has("m_seconds_bucket{site=\"x\",le=\"0.0005\"} 2")) << out.text();
    EXPECT_TRUE(has("m_seconds_bucket{site=\"x\",le=\"0.0025\"} 2")) << out.text();
    EXPECT_TRUE(has("m_seconds_bucket{site=\"x\",le=\"0.005\"} 7")) << out.text();
    EXPECT_TRUE(has("m_seconds_bucket{site=\"x\",le=\"60\"} 7")) << out.text();
    EXPECT_TRUE(has("m_seconds_bucket{site=\"x\",le=\"+Inf\"} 8")) << out.text();
    EXPECT_TRUE(has("m_seconds_sum{site=\"x\"} 1.5")) << out.text();
    EXPECT_TRUE(has("m_seconds_count{site=\"x\"} 8")) << out.text();
}

}  // namespace
}  // namespace weir::observe
