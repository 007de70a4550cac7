#include "observe/line_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::observe {
namespace {

TEST(LineWriter, Numbers) {
    for (const std::uint64_t value : {0ULL, 1ULL, 9ULL, 10ULL, 99ULL, 100ULL, 101ULL, 999ULL, 1000ULL, 12345ULL, 999'999'999ULL, ~0ULL}) {
        char out[kNumberOctetsMax];
        EXPECT_EQ(std::string(out, put_number(out, value)), std::to_string(value));
    }
}

TEST(LineWriter, Milliseconds) {
    using namespace std::chrono_literals;
    const struct {
        Duration time;
        std::string text;
    } rows[] = {{0ns, "0.000"},
                {999ns, "0.000"},
                {1us, "0.001"},
                {12345us, "12.345"},
                {1h, "3600000.000"},
                {-5ms, "0.000"},
                {Duration::max(), "9223372036854.775"}};
    for (const auto& row : rows) {
        char out[kMillisecondsOctetsMax];
        EXPECT_EQ(std::string(out, put_milliseconds(out, row.time)), row.text);
    }
}

}  // namespace
}  // namespace weir::observe
