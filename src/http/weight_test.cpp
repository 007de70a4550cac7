#include "http/weight.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(Weight, IsReadStrictly) {
    struct Case {
        std::string_view text;
        std::optional<std::uint16_t> weight;
    };
    for (const auto& [text, weight] :
         {Case{"0", 0},   {"1", 1000},     {"0.", 0},      {"1.", 1000}, {"0.5", 500}, {"0.05", 50}, {"0.001", 1},
          {"0.999", 999}, {"1.000", 1000}, {"", {}},       {".5", {}},   {"2", {}},    {"00", {}},   {"0,5", {}},
          {"1.001", {}},  {"1.5", {}},     {"0.0001", {}}, {"0.5 ", {}}, {"-0", {}},   {"0.a", {}}})
        EXPECT_EQ(parse_weight(text), weight) << text;
}

TEST(Weight, AnElementIsANameAndItsWeight) {
    struct Case {
        std::string_view element;
        std::string_view name;
        int weight;  // negative: faulty
    };
    for (const auto& [element, name, weight] : {Case{"gzip", "gzip", 1000},
                                                {" gzip ", "gzip", 1000},
                                                {"gzip;q=0.5", "gzip", 500},
                                                {"gzip \t; Q=0.5", "gzip", 500},
                                                {";q=0.1", "", 100},
                                                {"gzip;", "", -1},
                                                {"gzip;q", "", -1},
                                                {"gzip;q=", "", -1},
                                                {"gzip;q =1", "", -1},
                                                {"gzip;level=1", "", -1},
                                                {"gzip;q=1;q=0", "", -1}}) {
        const auto read = read_weighted(element);
        ASSERT_EQ(read.has_value(), weight >= 0) << element;
        if (!read) continue;
        EXPECT_EQ(read->name, name) << element;
        EXPECT_EQ(read->weight, weight) << element;
    }
}

}  // namespace
}  // namespace weir::http
