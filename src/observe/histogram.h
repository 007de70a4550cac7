// Histogram of durations with fixed bounds in seconds, as Prometheus shows them. One thread records, any may read.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/counter.h"

namespace weir::observe {

inline constexpr std::size_t kBucketBounds = 16;
inline constexpr std::array<std::uint32_t, kBucketBounds> kBucketMicroseconds{
    500,     1'000,   2'500,     5'000,     10'000,    25'000,     50'000,     100'000,
    250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};
inline constexpr std::array<std::string_view, kBucketBounds> kBucketNames{
    "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60"};

// Values of one histogram, added up over workers.
struct HistogramTotal {
    std::array<std::uint64_t, kBucketBounds + 1> buckets{};  // each on its own, the last is what is above all bounds
    std::uint64_t nanoseconds = 0;

    std::uint64_t count() const {
        std::uint64_t sum = 0;
        for (const auto one : buckets) sum += one;
        return sum;
    }
};

class Histogram {
public:
    // A duration and the bucket it belongs to, for several histograms. What is negative counts as zero.
    struct Value {
        explicit Value(Duration time)
            : nanoseconds(time.count() < 0 ? 0U : static_cast<std::uint64_t>(time.count())), bucket(bucket_of(nanoseconds)) {}
        std::uint64_t nanoseconds;
        std::size_t bucket;
    };

    void record(const Value& value) {
        buckets_[value.bucket].add();
        nanoseconds_.add(value.nanoseconds);
    }
    void record(Duration time) { record(Value(time)); }
    void add_to(HistogramTotal& total) const {
        for (std::size_t i = 0; i < buckets_.size(); ++i) total.buckets[i] += buckets_[i].value();
        total.nanoseconds += nanoseconds_.value();
    }
    void clear() {
        for (auto& bucket : buckets_) bucket.set(0);
        nanoseconds_.set(0);
    }

    // The first whose bound is not below the value: bounds are inclusive.
    static std::size_t bucket_of(std::uint64_t nanoseconds) {
        if (nanoseconds > std::uint64_t{kBucketMicroseconds.back()} * 1000) return kBucketBounds;
        const auto microseconds = static_cast<std::uint32_t>((nanoseconds + 999) / 1000);
        std::size_t bucket = kFirstOfWidth[static_cast<std::size_t>(std::bit_width(microseconds))];
        while (microseconds > kBucketMicroseconds[bucket]) ++bucket;
        return bucket;
    }

private:
    // For values of so many bits: the first bucket that can be theirs. At most two more have to be looked at.
    static constexpr std::array<std::uint8_t, 33> kFirstOfWidth = [] {
        std::array<std::uint8_t, 33> first{};
        for (std::size_t width = 1; width < first.size(); ++width) {
            const auto smallest = std::uint64_t{1} << (width - 1);
            while (first[width] + 1U < kBucketBounds && kBucketMicroseconds[first[width]] < smallest) ++first[width];
        }
        return first;
    }();

    std::array<Counter, kBucketBounds + 1> buckets_;
    Counter nanoseconds_;
};

}  // namespace weir::observe
