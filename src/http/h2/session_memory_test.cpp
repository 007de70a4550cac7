#include "http/h2/session_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstring>

namespace weir::http::h2 {
namespace {

constexpr std::size_t kFrameAsked = 16'394;

std::size_t resident_pages(void* at, std::size_t octets) {
    std::array<unsigned char, 16> pages{};
    EXPECT_EQ(::mincore(at, octets, pages.data()), 0);
    std::size_t count = 0;
    for (const auto page : pages) count += page & 1U;
    return count;
}

TEST(SessionMemory, GivesBackWhatIsEmpty) {
    SessionMemory memory;
    auto* table = static_cast<char*>(memory.take_zeroed(SessionMemory::kTable));
    auto* frame = static_cast<char*>(memory.take(kFrameAsked));
    std::memset(frame, 'x', kFrameAsked);
    table[100] = 1;
    memory.rest();
    EXPECT_EQ(table[100], 1) << "a table that is in use stays";
    EXPECT_EQ(resident_pages(frame, SessionMemory::kFrame), 0U);
    table[100] = 0;
    memory.rest();
    EXPECT_EQ(resident_pages(table, SessionMemory::kTable), 0U);
    for (std::size_t i = 0; i < SessionMemory::kTable; ++i) ASSERT_EQ(table[i], 0);
    std::memset(frame, 'y', kFrameAsked);
    memory.give(table);
    memory.give(frame);
}

TEST(SessionMemory, AllElseIsOfTheHeap) {
    SessionMemory memory;
    void* table = memory.take_zeroed(SessionMemory::kTable);
    void* second = memory.take_zeroed(SessionMemory::kTable);
    EXPECT_NE(table, second) << "a larger table, or another one";
    auto* frame = static_cast<char*>(memory.take(kFrameAsked));
    auto* other = static_cast<char*>(memory.take(kFrameAsked));
    EXPECT_NE(frame, other);
    std::strcpy(frame, "a frame");
    auto* larger = static_cast<char*>(memory.change(frame, 100'000));
    EXPECT_STREQ(larger, "a frame");
    EXPECT_EQ(memory.take(kFrameAsked), frame) << "its place is free again";
    memory.rest();
    EXPECT_STREQ(larger, "a frame");
    auto* small = static_cast<char*>(memory.take(10));
    small = static_cast<char*>(memory.change(small, 20));
    for (auto* one : {static_cast<char*>(second), other, larger, small}) memory.give(one);
}

}  // namespace
}  // namespace weir::http::h2
