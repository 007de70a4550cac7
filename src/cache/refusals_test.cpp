#include "cache/refusals.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "io/sim_backend.h"
#include "io/worker.h"

namespace weir::cache {
namespace {

using std::chrono::seconds;

constexpr auto kCount = static_cast<std::size_t>(Refusal::count_);

TEST(Refusal, EachHasItsWordAndItsSentence) {
    std::set<std::string_view> words, sentences;
    for (std::size_t i = 0; i < kCount; ++i) {
        words.insert(word_of(static_cast<Refusal>(i)));
        sentences.insert(explain(static_cast<Refusal>(i)));
    }
    EXPECT_EQ(words.size(), kCount);
    EXPECT_EQ(sentences.size(), kCount);
    for (const auto word : words) EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), word.npos) << word;
    EXPECT_FALSE(words.contains("unknown"));
    EXPECT_FALSE(sentences.contains(""));
}

TEST(Refusal, OfAMomentOrLasting) {
    EXPECT_TRUE(is_lasting(Refusal::no_store));
    EXPECT_TRUE(is_lasting(Refusal::too_large));
    EXPECT_FALSE(is_lasting(Refusal::purged));
    EXPECT_FALSE(is_lasting(Refusal::crowded));
}

class RefusalsTest : public testing::Test {
protected:
    RefusalsTest() : worker_(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1) { worker_.enter(); }
    ~RefusalsTest() override { worker_.leave(); }

    io::Worker worker_;
    Refusals refusals_{2};
    TimePoint begin_{std::chrono::hours(5)};
};

TEST_F(RefusalsTest, CountsByReason) {
    EXPECT_EQ(refusals_.counted(Refusal::no_store), 0U);
    refusals_.count(Refusal::no_store);
    refusals_.note(1, Refusal::no_store, begin_);
    refusals_.count(Refusal::no_answer);  // the last of all
    EXPECT_EQ(refusals_.counted(Refusal::no_store), 2U);
    EXPECT_EQ(refusals_.counted(Refusal::no_answer), 1U);
    EXPECT_EQ(refusals_.counted(Refusal::is_private), 0U);
}

TEST_F(RefusalsTest, RemembersTheLastOfAnUrl) {
    const std::uint64_t one = 0x1234567800000001, of_its_cell = 0x8765432100000001, other = 0x1234567800000002;
    EXPECT_FALSE(refusals_.last(one, begin_));
    EXPECT_FALSE(refusals_.last(0, begin_));
    refusals_.note(one, Refusal::no_store, begin_);
    refusals_.note(other, Refusal::set_cookie, begin_ + seconds(3));
    const auto last = refusals_.last(one, begin_ + seconds(90));
    ASSERT_TRUE(last);
    EXPECT_EQ(last->why, Refusal::no_store);
    EXPECT_EQ(last->ago, seconds(90));
    EXPECT_EQ(refusals_.last(other, begin_ + seconds(3))->ago, seconds(0));
    EXPECT_FALSE(refusals_.last(of_its_cell, begin_));
    refusals_.note(of_its_cell, Refusal::purged, begin_ + seconds(4));
    EXPECT_FALSE(refusals_.last(one, begin_ + seconds(5)));
    EXPECT_EQ(refusals_.last(of_its_cell, begin_ + seconds(5))->why, Refusal::purged);
}

TEST_F(RefusalsTest, PassingByIsNoNote) {
    refusals_.note(1, Refusal::no_store, begin_);
    refusals_.count(Refusal::hit_for_miss);
    EXPECT_EQ(refusals_.last(1, begin_)->why, Refusal::no_store);
}

}  // namespace
}  // namespace weir::cache
