#include "http/h2/output.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace weir::http::h2 {
namespace {

class Told final : public io::Readiness {
public:
    Told() : Readiness(true) {}
    void full() { writable_ = false; }
};

// Takes so many octets at once, and then so many parts of a write as there were.
class Taker final : public net::Stream {
public:
    explicit Taker(std::size_t at_once) : Stream(told_), at_once_(at_once) {}
    io::IoCount read(std::span<char>) override { return io::IoCount::blocked(); }
    io::IoCount write(std::span<const iovec> from) override {
        parts_most = std::max(parts_most, from.size());
        if (is_broken) return io::IoCount::failed(EPIPE);
        if (room == 0) {
            told_.full();
            return io::IoCount::blocked();
        }
        ++writes;
        std::size_t taken = 0;
        for (const auto& part : from) {
            const auto count = std::min(part.iov_len, std::min(room, at_once_ - taken));
            octets.append(static_cast<const char*>(part.iov_base), count);
            taken += count;
            room -= count;
        }
        return io::IoCount::of(taken);
    }
    void close_write() override {}
    void abort() override {}
    void open(std::size_t more) {
        room = more;
        told_.edge(false, true, false, false);
    }

    std::string octets;
    std::size_t room = ~std::size_t{0};
    std::size_t parts_most = 0;
    int writes = 0;
    bool is_broken = false;

private:
    Told told_;
    std::size_t at_once_;
};

Chunk chunk_of(std::string_view octets) {
    auto chunk = Chunk::take(octets.size());
    octets.copy(chunk.data(), octets.size());
    return chunk;
}

// Short things, long ones with an owner and long ones without, over and over.
std::string fill(Output& output, int rounds) {
    std::string all;
    for (int i = 0; i < rounds; ++i) {
        const std::string small(static_cast<std::size_t>(1 + i % 50), static_cast<char>('a' + i % 26));
        const std::string large(5000, static_cast<char>('A' + i % 26));
        output.copy(small);
        all += small;
        if (i % 3 == 0) {
            const auto chunk = chunk_of(large);
            output.add({chunk.data(), large.size()}, chunk);
            all += large;
        } else if (i % 3 == 1) {
            const auto chunk = chunk_of(small);
            output.add({chunk.data(), small.size()}, chunk);
            all += small;
        }
    }
    return all;
}

TEST(Output, EverythingLeavesInItsOrderInOneWrite) {
    const auto chunks = Chunk::in_use();
    Output output;
    EXPECT_TRUE(output.empty());
    const auto all = fill(output, 20);
    Taker taker(~std::size_t{0});
    const auto written = output.write(taker, Side::client);
    ASSERT_TRUE(written);
    EXPECT_TRUE(*written);
    EXPECT_EQ(taker.octets, all);
    EXPECT_EQ(taker.writes, 1);
    EXPECT_LT(taker.parts_most, 20U) << "short things lie side by side";
    EXPECT_EQ(output.octets_written(), all.size());
    EXPECT_TRUE(output.empty());
    EXPECT_EQ(Chunk::in_use(), chunks) << "what is written is not kept";
}

TEST(Output, WritesMayBeCutAnywhere) {
    for (const std::size_t at_once : {1, 7, 1000, 5001, 20'000}) {
        const auto chunks = Chunk::in_use();
        Output output;
        const auto all = fill(output, 20);
        Taker taker(at_once);
        while (!output.empty()) {
            taker.open(at_once);
            const auto written = output.write(taker, Side::client);
            ASSERT_TRUE(written);
            EXPECT_EQ(*written, output.empty());
        }
        EXPECT_EQ(taker.octets, all) << at_once;
        EXPECT_EQ(output.octets_written(), all.size());
        EXPECT_EQ(Chunk::in_use(), chunks);
    }
}

TEST(Output, IsFullBeforeItsPartsRunOut) {
    Output output;
    const std::string large(5000, 'x');
    std::size_t added = 0;
    for (; !output.is_full(); ++added) {
        const auto chunk = chunk_of(large);
        output.add({chunk.data(), large.size()}, chunk);
    }
    EXPECT_LE(added, Output::kPartsMax - Output::kPartsAFrame + 1);
    output.clear();
    EXPECT_TRUE(output.empty());
    EXPECT_FALSE(output.is_full());
    while (!output.is_full()) output.copy(large);
    Taker taker(~std::size_t{0});
    EXPECT_TRUE(output.write(taker, Side::client));
    EXPECT_GE(taker.octets.size(), Output::kOctetsMax);
}

TEST(Output, ABrokenStreamIsTheClientsFault) {
    Output output;
    output.copy("x");
    Taker taker(1);
    taker.is_broken = true;
    const auto written = output.write(taker, Side::client);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().side, Side::client);
}

}  // namespace
}  // namespace weir::http::h2
