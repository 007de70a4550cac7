// Counters of one writing thread: written with plain relaxed stores (no lock prefix, no shared line), readable by any thread at any time.
// Merging happens in the reader. For a figure that several threads change, use std::atomic's own operations.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

// Only grows (but for reset by whoever knows that its writer is at rest).
class Counter {
public:
    void add(std::uint64_t amount = 1) { value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// Goes up and down. Merged over threads it may be opened on one and closed on another: a single one can be below zero.
class Gauge {
public:
    void add(std::int64_t amount = 1) { value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed); }
    void subtract(std::int64_t amount = 1) { add(-amount); }
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

}  // namespace weir
