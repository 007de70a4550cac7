#include "base/counter.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

TEST(Counter, Counts) {
    Counter counter;
    counter.add();
    counter.add(41);
    EXPECT_EQ(counter.value(), 42U);
    counter.set(0);
    EXPECT_EQ(counter.value(), 0U);
}

TEST(Gauge, GoesBelowZero) {
    Gauge gauge;
    gauge.add(2);
    gauge.subtract(5);
    EXPECT_EQ(gauge.value(), -3);
}

TEST(Counter, IsReadWhileItIsWritten) {
    Counter counter;
    std::thread writer([&] {
        for (int i = 0; i < 100'000; ++i) counter.add();
    });
    std::uint64_t last = 0;
    while (last < 100'000) {
        const auto now = counter.value();
        ASSERT_GE(now, last);
        last = now;
    }
    writer.join();
}

}  // namespace
}  // namespace weir
