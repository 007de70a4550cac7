#include "http/h2/session_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstring>

#include "http/h2/server_for_test.h"

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

class SessionRestTest : public ServerTest {};

TEST_F(SessionRestTest, AConnectionThatHasRestedGoesOnWhereItWas) {
    const std::string large(300'000, 'x');
    serve_ = [&](const Request&) { return Serving{.fields = {{"X-Long", std::string(200, 'y')}}, .body = large}; };
    begin();
    for (int round = 0; round < 4; ++round) {
        std::vector<std::uint32_t> ids;
        for (int i = 0; i < 20; ++i) ids.push_back(client().ask(get("/" + std::string(50, 'z'))));
        for (const auto id : ids) {
            ASSERT_TRUE(is_answered(id));
            EXPECT_EQ(answer(id).body.size(), large.size());
            EXPECT_EQ(answer(id).field("x-long"), std::string(200, 'y')) << "the table of fields is not forgotten";
        }
        pass(std::chrono::seconds(5));
    }
}

}  // namespace
}  // namespace weir::http::h2
