#include "filter/compressor.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "base/random.h"
#include "filter/compressor_memory.h"
#include "filter/decompress_for_test.h"

namespace weir::filter {
namespace {

using http::Coding;
constexpr Coding kAll[] = {Coding::gzip, Coding::br, Coding::zstd};

unsigned top_level(Coding coding) { return coding == Coding::zstd ? 12 : 9; }

// Words, so that there is something to find, and some that nobody can guess.
std::string text_of(std::size_t octets, std::uint64_t seed) {
    Random random(seed);
    std::string out;
    while (out.size() < octets) {
        if (random.below(8) == 0) out += static_cast<char>(random.below(256));
        else out.append("weir holds the water ").append(std::to_string(random.below(1000)));
    }
    out.resize(octets);
    return out;
}

void take_all(Compressor& compressor, std::string_view in, Step step, std::size_t room_octets, std::string& out) {
    std::string room(room_octets, 0);
    for (;;) {
        const auto progress = compressor.run(in, room, step);
        ASSERT_TRUE(progress);
        ASSERT_LE(progress->taken, in.size());
        in.remove_prefix(progress->taken);
        out.append(room, 0, progress->made);
        if (step == Step::go_on ? in.empty() && progress->made < room.size() : in.empty() && progress->is_whole) return;
    }
}

TEST(Compressor, WhatGoesInComesOut) {
    CompressorMemory memory;
    Random random(7);
    for (const auto coding : kAll)
        for (const std::size_t octets : {0U, 1U, 700U, 70'000U, 1'000'000U})
            for (const bool knows_length : {false, true}) {
                const auto text = text_of(octets, octets + 1);
                const auto length = knows_length ? std::optional<std::uint64_t>(octets) : std::nullopt;
                Compressor compressor(memory, make_effort(coding, 4, length, false));
                ASSERT_TRUE(compressor);
                std::string out;
                for (std::size_t at = 0; at < octets;) {
                    const auto piece = 1 + random.below(20'000);
                    take_all(compressor, std::string_view(text).substr(at, piece), random.below(5) == 0 ? Step::flush : Step::go_on,
                             Compressor::kRoomMin + random.below(9'000), out);
                    at += piece;
                }
                take_all(compressor, {}, Step::finish, 300, out);
                EXPECT_EQ(decompress(coding, out), text) << name_of(coding) << " " << octets;
            }
    EXPECT_EQ(memory.reserved(), 0U);
    EXPECT_EQ(memory.used(), 0U);
}

TEST(Compressor, WhatIsFlushedCanBeReadAtOnce) {
    CompressorMemory memory;
    for (const auto coding : kAll) {
        Compressor compressor(memory, make_effort(coding, 4, std::nullopt, true));
        std::string out, so_far;
        for (int i = 0; i < 200; ++i) {
            const auto event = "data: tick " + std::to_string(i) + "\n\n";
            so_far += event;
            take_all(compressor, event, Step::flush, 64, out);
            ASSERT_EQ(decompress(coding, out, false), so_far) << name_of(coding);
        }
        take_all(compressor, {}, Step::finish, 64, out);
        EXPECT_EQ(decompress(coding, out), so_far);
    }
}

TEST(Compressor, NeedsNoMoreMemoryThanItSays) {
    const auto text = text_of(1'500'000, 5);
    for (const auto coding : {Coding::gzip, Coding::br})
        for (unsigned level = 1; level <= top_level(coding); ++level)
            for (const std::optional<std::uint64_t> length : {std::optional<std::uint64_t>{}, {2'000}, {60'000}, {1'400'000}})
                for (const bool stays_open : {false, true}) {
                    CompressorMemory memory;
                    const auto effort = make_effort(coding, level, length, stays_open);
                    Compressor compressor(memory, effort);
                    const auto part = std::string_view(text).substr(0, length.value_or(text.size()));
                    std::size_t most = memory.used();
                    std::string out;
                    for (std::size_t at = 0; at < part.size(); at += 32'768) {
                        take_all(compressor, part.substr(at, 32'768), Step::go_on, 16'384, out);
                        most = std::max(most, memory.used());
                    }
                    take_all(compressor, {}, Step::finish, 16'384, out);
                    most = std::max(most, memory.used());
                    EXPECT_LE(most, memory_of(effort)) << name_of(coding) << " " << level << " window " << effort.window_log;
                    EXPECT_LE(memory_of(effort), 6 * most + 512 * 1024) << name_of(coding) << " " << level << " " << effort.window_log;
                }
}

// Its memory is its own: the context that is kept afterwards tells.
TEST(Compressor, ZstdNeedsNoMoreMemoryThanItSays) {
    const auto text = text_of(1'500'000, 5);
    for (unsigned level = 1; level <= top_level(Coding::zstd); ++level)
        for (const std::optional<std::uint64_t> length : {std::optional<std::uint64_t>{}, {2'000}, {60'000}, {1'400'000}})
            for (const bool stays_open : {false, true}) {
                CompressorMemory memory;
                const auto effort = make_effort(Coding::zstd, level, length, stays_open);
                Compressor compressor(memory, effort);
                std::string out;
                take_all(compressor, std::string_view(text).substr(0, length.value_or(text.size())), Step::go_on, 16'384, out);
                take_all(compressor, {}, Step::finish, 16'384, out);
                compressor = {};
                auto* const context = static_cast<ZSTD_CCtx*>(memory.take_idle());
                if (context == nullptr) {
                    EXPECT_GT(memory_of(effort), 3U * 1024 * 1024) << level << " window " << effort.window_log;
                    continue;
                }
                const auto most = ZSTD_sizeof_CCtx(context);
                EXPECT_LE(most, memory_of(effort)) << level << " window " << effort.window_log;
                EXPECT_LE(memory_of(effort), 6 * most + 512 * 1024) << level << " window " << effort.window_log;
                ZSTD_freeCCtx(context);
            }
}

TEST(Compressor, ThereAreNoMoreThanFit) {
    CompressorMemory memory;
    std::vector<Compressor> many;
    const auto effort = make_effort(Coding::br, 6, std::nullopt, false);
    for (;;) {
        Compressor one(memory, effort);
        if (!one) break;
        many.push_back(std::move(one));
    }
    EXPECT_EQ(many.size(), CompressorMemory::kUsedMax / memory_of(effort));
    many.pop_back();
    EXPECT_TRUE(Compressor(memory, effort));
    many.clear();
    EXPECT_EQ(memory.reserved(), 0U);
    EXPECT_LE(memory.kept(), CompressorMemory::kKeptMax);
}

TEST(Compressor, TheNextOneUsesTheMemoryOfTheLast) {
    for (const auto coding : {Coding::gzip, Coding::br}) {
        CompressorMemory memory;
        std::size_t kept = 0;
        for (int i = 0; i < 20; ++i) {
            Compressor compressor(memory, make_effort(coding, 5, 20'000, false));
            std::string out;
            take_all(compressor, text_of(20'000, 3), Step::go_on, 16'384, out);
            take_all(compressor, {}, Step::finish, 16'384, out);
            compressor = {};
            if (i == 0) kept = memory.kept();
            EXPECT_EQ(memory.kept(), kept) << name_of(coding);
        }
        EXPECT_GT(kept, 0U);
    }
}

}  // namespace
}  // namespace weir::filter
