#include "io/load_board.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/random.h"

namespace weir::io {
namespace {

TEST(LoadBoardTest, FindsTheLeastLoaded) {
    LoadBoard board(3);
    EXPECT_EQ(board.least_loaded(), 0U);
    EXPECT_EQ(board.least_loaded(2), 2U) << "of equals the preferred one";
    board.add(0, 1);
    EXPECT_EQ(board.least_loaded(), 1U);
    EXPECT_EQ(board.least_loaded(2), 2U);
    board.add(1, 2);
    board.add(2, 3);
    EXPECT_EQ(board.least_loaded(2), 0U);
    board.add(2, -3);
    EXPECT_EQ(board.least_loaded(), 2U);
    EXPECT_EQ(board.load_of(1), 2);
}

TEST(LoadBoardTest, RefusesNoneAndTooMany) {
    EXPECT_THROW(LoadBoard(0), std::invalid_argument);
    EXPECT_THROW(LoadBoard(LoadBoard::kWorkersMax + 1), std::invalid_argument);
    EXPECT_EQ(std::make_unique<LoadBoard>(LoadBoard::kWorkersMax)->workers(), LoadBoard::kWorkersMax);
}

int spread_of(const LoadBoard& board) {
    int least = board.load_of(0);
    int most = least;
    for (std::uint32_t i = 1; i < board.workers(); ++i) {
        least = std::min(least, board.load_of(i));
        most = std::max(most, board.load_of(i));
    }
    return most - least;
}

TEST(LoadBoardTest, SixteenOnFourAreFourEachWhereverTheyArrive) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        LoadBoard board(4);
        Random random(seed);
        // The kernel may give all of them to one worker's listener.
        const bool all_to_one = seed % 2 == 0;
        for (int i = 0; i < 16; ++i) board.place(all_to_one ? 0 : static_cast<std::uint32_t>(random.below(4)));
        for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(board.load_of(i), 4);
    }
}

TEST(LoadBoardTest, AWorkerKeepsWhatItAcceptsWhileItIsNotBusier) {
    LoadBoard board(4);
    EXPECT_EQ(board.place(2), 2U);
    EXPECT_NE(board.place(2), 2U);
    for (std::uint32_t i = 0; i < 4; ++i) board.add(i, 1000);
    // Among a thousand a few more are no reason to hand over.
    for (int i = 0; i < 30; ++i) EXPECT_EQ(board.place(1), 1U);
    for (int i = 0; i < 1000; ++i) board.place(1);
    EXPECT_LE(spread_of(board), board.load_of(1) / 16 + 1);
}

TEST(LoadBoardTest, WorkersThatAcceptAtTheSameTimeStillShareEvenly) {
    constexpr std::uint32_t kWorkers = 4;
    LoadBoard board(kWorkers);
    std::vector<std::thread> threads;
    for (std::uint32_t own = 0; own < kWorkers; ++own) {
        threads.emplace_back([&board, own] {
            for (int i = 0; i < 2000; ++i) {
                const auto first = board.place(own);
                const auto second = board.place(own);
                board.add(first, -1);
                board.add(second, -1);
            }
            for (int i = 0; i < 4; ++i) board.place(own);
        });
    }
    for (auto& thread : threads) thread.join();
    int total = 0;
    for (std::uint32_t i = 0; i < kWorkers; ++i) total += board.load_of(i);
    EXPECT_EQ(total, 16) << "nothing is lost";
}

TEST(LoadBoardTest, SixteenAtTheSameTimeAreFourEach) {
    for (int round = 0; round < 50; ++round) {
        LoadBoard board(4);
        std::vector<std::thread> threads;
        for (std::uint32_t own = 0; own < 4; ++own)
            threads.emplace_back([&board, own] {
                for (int i = 0; i < 4; ++i) board.place(own);
            });
        for (auto& thread : threads) thread.join();
        for (std::uint32_t i = 0; i < 4; ++i) {
            EXPECT_GE(board.load_of(i), 3);
            EXPECT_LE(board.load_of(i), 5);
        }
    }
}

}  // namespace
}  // namespace weir::io
