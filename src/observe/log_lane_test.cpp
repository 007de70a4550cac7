#include "observe/log_lane.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include "observe/log_bell.h"

namespace weir::observe {
namespace {

bool write_line(LogLane& lane, std::string_view line) {
    auto* out = lane.reserve(line.size());
    if (out == nullptr) return false;
    std::memcpy(out, line.data(), line.size());
    lane.commit(out + line.size());
    return true;
}

std::string read_some(LogLane& lane, std::size_t pieces_max = 64) {
    std::array<iovec, 64> pieces;
    const auto count = lane.gather({pieces.data(), pieces_max});
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    lane.consume(text.size());
    return text;
}

TEST(LogLane, WhatIsCommittedIsRead) {
    LogBell bell;
    LogLane lane(bell);
    EXPECT_EQ(read_some(lane), "");
    EXPECT_TRUE(write_line(lane, "one\n"));
    ASSERT_NE(lane.reserve(100), nullptr);  // reserved, not committed: not there
    EXPECT_EQ(read_some(lane), "one\n");
    EXPECT_TRUE(write_line(lane, "two\n"));
    EXPECT_TRUE(write_line(lane, "three\n"));
    EXPECT_EQ(read_some(lane), "two\nthree\n");
    EXPECT_EQ(read_some(lane), "");
    EXPECT_EQ(lane.lines(), 3U);
}

TEST(LogLane, APartialWriteGoesOnWhereItStopped) {
    LogBell bell;
    LogLane lane(bell);
    write_line(lane, "abcdef\n");
    std::array<iovec, 4> pieces;
    ASSERT_EQ(lane.gather(pieces), 1U);
    lane.consume(3);
    EXPECT_EQ(read_some(lane), "def\n");
}

TEST(LogLane, ManyBlocksKeepTheirOrder) {
    LogBell bell;
    LogLane lane(bell);
    std::string written, read;
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 300; ++i) {
            const auto line = std::to_string(round * 1000 + i) + std::string(static_cast<std::size_t>(i), '.') + "\n";
            ASSERT_TRUE(write_line(lane, line));
            written += line;
        }
        read += read_some(lane, 1 + static_cast<std::size_t>(round % 5));
    }
    while (true) {
        const auto more = read_some(lane);
        if (more.empty()) break;
        read += more;
    }
    EXPECT_EQ(read, written);
    EXPECT_EQ(lane.dropped(), 0U);
}

TEST(LogLane, ALineLongerThanABlockHasOneOfItsOwn) {
    LogBell bell;
    LogLane lane(bell);
    const auto line = std::string(200'000, 'x') + "\n";
    EXPECT_TRUE(write_line(lane, "before\n"));
    EXPECT_TRUE(write_line(lane, line));
    EXPECT_TRUE(write_line(lane, "after\n"));
    EXPECT_EQ(read_some(lane), "before\n" + line + "after\n");
}

TEST(LogLane, AFullLaneDropsAndCountsAndRecovers) {
    LogBell bell;
    LogLane lane(bell, 128 * 1024);
    const auto line = std::string(999, 'x') + "\n";
    std::size_t kept = 0;
    for (int i = 0; i < 1000; ++i) kept += write_line(lane, line) ? 1 : 0;
    EXPECT_GT(kept, 50U);
    EXPECT_EQ(lane.dropped(), 1000 - kept);
    EXPECT_EQ(read_some(lane).size(), kept * line.size());
    EXPECT_TRUE(write_line(lane, "again\n"));
    EXPECT_EQ(read_some(lane), "again\n");
}

TEST(LogLane, SparesComeBackAndGo) {
    LogBell bell;
    LogLane lane(bell);
    const auto line = std::string(30'000, 'x') + "\n";
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(write_line(lane, line));
        EXPECT_EQ(read_some(lane).size(), 20 * line.size());
        if (round % 3 == 0) lane.release_spares();
    }
}

TEST(LogLane, OneWritesWhileOneReads) {
    LogBell bell;
    LogLane lane(bell);
    constexpr int kLines = 20'000;
    std::thread worker([&] {
        for (int i = 0; i < kLines; ++i)
            while (!write_line(lane, std::to_string(i) + std::string(static_cast<std::size_t>(i % 200), '.') + "\n"))
                std::this_thread::yield();
    });
    std::string read;
    int next = 0;
    while (next < kLines) {
        bell.wait(std::chrono::milliseconds(1));
        read += read_some(lane, 1 + static_cast<std::size_t>(next % 3));
        std::size_t at = 0;
        for (auto end = read.find('\n'); end != std::string::npos; end = read.find('\n', at)) {
            ASSERT_EQ(read.substr(at, end - at), std::to_string(next) + std::string(static_cast<std::size_t>(next % 200), '.'));
            ++next;
            at = end + 1;
        }
        read.erase(0, at);
        lane.release_spares();
    }
    worker.join();
    EXPECT_EQ(lane.lines(), static_cast<std::uint64_t>(kLines));
}

}  // namespace
}  // namespace weir::observe
