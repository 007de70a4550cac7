#include "cache/zone.h"

#include <gtest/gtest.h>

#include "cache/shard.h"
#include "cache/vary.h"
#include "io/sim_backend.h"

namespace weir::cache {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLarge = 1024 * 1024;

class ZoneTest : public testing::Test {
protected:
    ZoneTest() : worker_(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1) {
        worker_.enter();
        zone_ = make_ref<Zone>(ZoneOptions{.name = "main", .memory_max = Zone::kMemoryMin, .object_max = 0}, 1U, 7U);
    }
    ~ZoneTest() override {
        zone_ = {};
        worker_.leave();
    }

    Lookup lookup(std::string_view key) { return {.key = key, .hash = zone_->hash_of(key), .fields = &request_, .arena = &arena_}; }

    Ref<Entry> entry(std::string_view body, std::string_view vary = {}, std::vector<TagCell> tags = {}) {
        http::Response response(arena_);
        response.fields.add("X-Body", arena_.copy(body.substr(0, 8)));
        EntryParts parts;
        parts.response = &response;
        parts.vary_names = vary;
        parts.variant = variant_key(vary, request_, arena_).value_or("");
        parts.tags = tags;
        parts.born = zone_->purges().now();
        parts.length = body.size();
        parts.body = Segments::make(zone_->account(), body.size(), true);
        parts.body->append(body);
        parts.body->close();
        auto made = Entry::make(std::move(parts));
        made->end(true);
        return made;
    }

    // As a fetch does it.
    bool store(std::string_view key, Ref<Entry> what) {
        const auto joined = zone_->join(lookup(key), 0);
        EXPECT_TRUE(joined.is_new);
        const auto why = zone_->store(*joined.fill, key, what);
        if (why != Refusal::none) zone_->close(*joined.fill);
        return why == Refusal::none;
    }
    std::string body_of(std::string_view key) {
        const auto found = zone_->find(lookup(key));
        if (!found.entry) return "none";
        SegmentReader reader(*found.entry->body(), 0);
        std::string text;
        const auto size = found.entry->body()->size();
        while (text.size() < size) text += reader.take(size, size).octets;
        return text;
    }

    io::Worker worker_;
    Arena arena_;
    http::Fields request_{arena_};
    Ref<Zone> zone_;
};

TEST_F(ZoneTest, WhatIsStoredIsFound) {
    EXPECT_EQ(body_of("http://a/1"), "none");
    EXPECT_TRUE(store("http://a/1", entry("one")));
    EXPECT_TRUE(store("http://a/2", entry("two")));
    EXPECT_EQ(body_of("http://a/1"), "one");
    EXPECT_EQ(body_of("http://a/2"), "two");
    EXPECT_TRUE(store("http://a/1", entry("new")));
    EXPECT_EQ(body_of("http://a/1"), "new");
    EXPECT_EQ(zone_->figures().entries, 2U);
}

// What a HEAD has freshened takes the place of what it was; not of anything that came since, and not over a purge.
TEST_F(ZoneTest, AnEntryIsRenewedWhileItIsStillThere) {
    const auto asked = lookup("http://a/1");
    const auto known_now = [&] { return zone_->find(asked).entry; };
    store("http://a/1", entry("one"));
    const auto first = known_now();
    const auto second = entry("one");
    EXPECT_TRUE(zone_->renew(*first, asked, second));
    EXPECT_EQ(known_now(), second);
    EXPECT_FALSE(zone_->renew(*first, asked, entry("one")));
    zone_->purge_url("http://a/1", true);
    EXPECT_FALSE(zone_->renew(*second, asked, entry("one")));
    EXPECT_TRUE(known_now()->terms_now().is_marked_stale);
    zone_->purge_url("http://a/1", false);
    EXPECT_FALSE(zone_->renew(*second, asked, entry("one")));
    EXPECT_EQ(body_of("http://a/1"), "none");
    EXPECT_EQ(zone_->figures().entries, 0U);
}

TEST_F(ZoneTest, ManyKeysGrowTheTables) {
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(store("http://a/" + std::to_string(i), entry("x")));
    EXPECT_EQ(zone_->figures().keys, 10'000U);
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(body_of("http://a/" + std::to_string(i)), "x") << i;
}

TEST_F(ZoneTest, VariantsAreChosenByTheRequest) {
    for (const auto* language : {"de", "en", "fr"}) {
        request_.clear();
        request_.add("Accept-Language", language);
        EXPECT_TRUE(store("http://a/", entry(language, "accept-language")));
    }
    for (const auto* language : {"fr", "de", "en"}) {
        request_.clear();
        request_.add("Accept-Language", language);
        EXPECT_EQ(body_of("http://a/"), language);
    }
    request_.clear();
    const auto found = zone_->find(lookup("http://a/"));
    EXPECT_FALSE(found.entry);
    EXPECT_TRUE(found.has_others);
    // Another list of names: each variant is held against its own.
    request_.add("X-Device", "phone");
    EXPECT_TRUE(store("http://a/", entry("phone", "x-device")));
    EXPECT_EQ(body_of("http://a/"), "phone");
    request_.clear();
    request_.add("Accept-Language", "en");
    EXPECT_EQ(body_of("http://a/"), "en");
}

TEST_F(ZoneTest, OneFetchForAKey) {
    const auto first = zone_->join(lookup("http://a/"), 0);
    const auto second = zone_->join(lookup("http://a/"), 0);
    const auto other = zone_->join(lookup("http://a/"), 5);
    EXPECT_TRUE(first.is_new);
    EXPECT_FALSE(second.is_new);
    EXPECT_EQ(first.fill, second.fill);
    EXPECT_TRUE(other.is_new);
    zone_->close(*first.fill);
    const auto next = zone_->join(lookup("http://a/"), 0);
    EXPECT_TRUE(next.is_new);
    zone_->close(*other.fill);
    zone_->close(*next.fill);
}

TEST_F(ZoneTest, WhatIsHeldLeavesNoRoom) {
    std::vector<Ref<Entry>> held;
    for (std::uint64_t octets = 0; octets <= Zone::kMemoryMin; octets += kLarge) held.push_back(entry(std::string(kLarge, 'x')));
    const auto joined = zone_->join(lookup("http://a/"), 0);
    EXPECT_EQ(zone_->store(*joined.fill, "http://a/", held.front()), Refusal::crowded);
    held.clear();
    EXPECT_EQ(zone_->store(*joined.fill, "http://a/", entry("x")), Refusal::none);
}

TEST_F(ZoneTest, AfterAFailureThereIsOneTryMoreForAllWhoWaited) {
    const auto failed = zone_->join(lookup("http://a/"), 0);
    zone_->close(*failed.fill);
    failed.fill->fail({.code = ErrorCode::closed});
    EXPECT_FALSE(failed.fill->is_last_try());
    const auto next = zone_->join_next(lookup("http://a/"), *failed.fill);
    EXPECT_TRUE(next.is_new);
    EXPECT_TRUE(next.fill->is_last_try());
    EXPECT_EQ(zone_->join(lookup("http://a/"), 0).fill, next.fill);
    // Who hears of the failure late makes no third one, whatever has become of the second.
    zone_->close(*next.fill);
    const auto late = zone_->join_next(lookup("http://a/"), *failed.fill);
    EXPECT_FALSE(late.is_new);
    EXPECT_EQ(late.fill, next.fill);
    EXPECT_EQ(zone_->figures().next_tries, 1U);
}

TEST_F(ZoneTest, ATryMoreIsTheFetchThatHasBegunMeanwhile) {
    const auto failed = zone_->join(lookup("http://a/"), 0);
    zone_->close(*failed.fill);
    failed.fill->fail({.code = ErrorCode::closed});
    const auto other = zone_->join(lookup("http://a/"), 0);
    const auto next = zone_->join_next(lookup("http://a/"), *failed.fill);
    EXPECT_FALSE(next.is_new);
    EXPECT_EQ(next.fill, other.fill);
    EXPECT_FALSE(next.fill->is_last_try());
    zone_->close(*other.fill);
    EXPECT_EQ(zone_->figures().next_tries, 0U);
}

TEST_F(ZoneTest, PassMarksEnd) {
    const auto joined = zone_->join(lookup("http://a/"), 0);
    const auto hash = zone_->hash_of("http://a/");
    const TimePoint now{seconds(100)};
    EXPECT_FALSE(zone_->passes(hash, now));
    zone_->pass(*joined.fill, hash, now);
    EXPECT_TRUE(zone_->passes(hash, now));
    EXPECT_EQ(zone_->pass_marks().left(hash, now + seconds(3)), Zone::kPassTime - seconds(3));
    EXPECT_EQ(zone_->pass_marks().left(hash, now + Zone::kPassTime), seconds(0));
    EXPECT_FALSE(zone_->passes(zone_->hash_of("http://a/other"), now));
    EXPECT_FALSE(zone_->passes(hash, now + Zone::kPassTime + seconds(1)));
    // Something that can be stored ends it.
    EXPECT_TRUE(store("http://a/", entry("x")));
    EXPECT_FALSE(zone_->passes(hash, now));
}

TEST_F(ZoneTest, PurgesByUrlTakeEveryKeyOfIt) {
    EXPECT_TRUE(store("http://a/1", entry("one")));
    EXPECT_TRUE(store("http://a/1\nhx-a:1", entry("two")));
    EXPECT_TRUE(store("http://a/11", entry("three")));
    EXPECT_EQ(zone_->purge_url("http://a/1", false), 2U);
    EXPECT_EQ(body_of("http://a/1"), "none");
    EXPECT_EQ(body_of("http://a/1\nhx-a:1"), "none");
    EXPECT_EQ(body_of("http://a/11"), "three");
    EXPECT_EQ(zone_->purge_prefix("http://a/", true), 1U);
    EXPECT_TRUE(zone_->find(lookup("http://a/11")).entry->terms_now().is_marked_stale);
}

TEST_F(ZoneTest, PurgesByTagAndOfAll) {
    auto& purges = zone_->purges();
    EXPECT_TRUE(store("http://a/1", entry("one", {}, {purges.cell_of("tag:x"), purges.cell_of("tag:y")})));
    EXPECT_TRUE(store("http://a/2", entry("two", {}, {purges.cell_of("tag:y")})));
    zone_->purge_tag("tag:other", false);
    EXPECT_EQ(body_of("http://a/1"), "one");
    zone_->purge_tag("tag:x", false);
    EXPECT_EQ(body_of("http://a/1"), "none");
    EXPECT_EQ(body_of("http://a/2"), "two");
    zone_->purge_tag("tag:y", true);
    EXPECT_TRUE(zone_->find(lookup("http://a/2")).entry->terms_now().is_marked_stale);
    // What is fetched after a purge is not touched by it.
    EXPECT_TRUE(store("http://a/1", entry("new", {}, {purges.cell_of("tag:x")})));
    EXPECT_EQ(body_of("http://a/1"), "new");
    zone_->purge_all(false);
    EXPECT_EQ(body_of("http://a/1"), "none");
    EXPECT_EQ(body_of("http://a/2"), "none");
}

TEST_F(ZoneTest, WhatWasAskedForBeforeAPurgeIsNotStored) {
    const auto joined = zone_->join(lookup("http://a/"), 0);
    auto late = entry("late");
    zone_->purge_url("http://a/", false);
    EXPECT_EQ(zone_->store(*joined.fill, "http://a/", late), Refusal::purged);
    const auto again = zone_->join(lookup("http://b/"), 0);
    late = entry("late");
    zone_->purge_all(false);
    EXPECT_EQ(zone_->store(*again.fill, "http://b/", late), Refusal::purged);
    EXPECT_EQ(body_of("http://a/") + body_of("http://b/"), "nonenone");
}

TEST_F(ZoneTest, TheQuotaIsKeptAndEverythingIsGivenBack) {
    const auto before = zone_->account()->used();
    const std::string body(20'000, 'x');
    for (int i = 0; i < 2'000; ++i) {
        store("http://a/" + std::to_string(i), entry(body));
        zone_->make_room();
        ASSERT_LE(zone_->account()->used(), Zone::kMemoryMin);
    }
    const auto figures = zone_->figures();
    EXPECT_GT(figures.entries, 200U);
    EXPECT_EQ(figures.entries + figures.evicted, 2'000U);
    EXPECT_EQ(zone_->purge_prefix("http://", false), figures.entries);
    // All but larger tables.
    EXPECT_LT(zone_->account()->used(), before + 512 * 1024);
}

TEST_F(ZoneTest, WhatIsAskedForAgainOutlivesAScan) {
    const std::string body(10'000, 'x');
    const auto hot = [](int i) { return "http://hot/" + std::to_string(i); };
    for (int i = 0; i < 100; ++i) store(hot(i), entry(body));
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 100; ++i) EXPECT_NE(body_of(hot(i)), "none");
    for (int i = 0; i < 5'000; ++i) {
        store("http://scan/" + std::to_string(i), entry(body));
        zone_->make_room();
    }
    int left = 0;
    for (int i = 0; i < 100; ++i) left += body_of(hot(i)) != "none";
    EXPECT_EQ(left, 100);
}

TEST_F(ZoneTest, KeysOfOneUrlHaveAnEnd) {
    const auto key = [](std::size_t i) { return "http://a/\nh X-A:" + std::to_string(i); };
    EXPECT_TRUE(store("http://b/", entry("of another")));
    for (std::size_t i = 0; i < Shard::kKeysOfUrlMax + 100; ++i) EXPECT_TRUE(store(key(i), entry("one"))) << i;
    EXPECT_LE(zone_->figures().keys, Shard::kKeysOfUrlMax + 1);
    EXPECT_GE(zone_->figures().keys, Shard::kKeysOfUrlMax / 2);
    EXPECT_EQ(body_of(key(Shard::kKeysOfUrlMax + 99)), "one");
    EXPECT_EQ(body_of("http://b/"), "of another");
    EXPECT_EQ(zone_->purge_url("http://a/", false), zone_->figures().purged);
    EXPECT_EQ(zone_->figures().keys, 1U);
}

TEST_F(ZoneTest, WhatIsInUseStaysInItsPlace) {
    const std::string large(1'000'000, 'l'), small(10'000, 's');
    std::vector<Ref<Entry>> in_use;
    for (int i = 0; i < 20; ++i) {
        const auto url = "http://large/" + std::to_string(i);
        auto held = entry(large);
        if (store(url, held)) in_use.push_back(std::move(held));
    }
    // As many as there is room for; the others find none, for none of the first can leave.
    EXPECT_GE(in_use.size(), 6U);
    EXPECT_LE(in_use.size(), 8U);
    for (std::size_t i = 0; i < in_use.size(); ++i) EXPECT_NE(body_of("http://large/" + std::to_string(i)), "none") << i;
    // What is small shares the rest.
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(store("http://small/" + std::to_string(i), entry(small))) << i;
    EXPECT_GT(zone_->figures().evicted, 0U);
    in_use.clear();
    for (int i = 20; i < 30; ++i) EXPECT_TRUE(store("http://large/" + std::to_string(i), entry(large)));
    EXPECT_LE(zone_->account()->used(), Zone::kMemoryMin);
}

TEST_F(ZoneTest, AnEntryInUseOutlivesItsPlace) {
    EXPECT_TRUE(store("http://a/", entry("hello")));
    const auto found = zone_->find(lookup("http://a/"));
    SegmentReader reader(*found.entry->body(), 0);
    const auto piece = reader.take(5, 5);
    zone_->purge_url("http://a/", false);
    const auto used = zone_->account()->used();
    EXPECT_EQ(piece.octets, "hello");
    EXPECT_GT(used, 0U);
}

TEST_F(ZoneTest, ABrokenOneIsForgotten) {
    const auto joined = zone_->join(lookup("http://a/"), 0);
    http::Response response(arena_);
    EntryParts parts;
    parts.response = &response;
    parts.born = zone_->purges().now();
    parts.body = Segments::make(zone_->account(), 0, false);
    auto filling = Entry::make(std::move(parts));
    EXPECT_EQ(zone_->store(*joined.fill, "http://a/", filling), Refusal::none);
    const auto found = zone_->find(lookup("http://a/"));
    EXPECT_EQ(found.entry, filling);
    EXPECT_EQ(found.fill, joined.fill);
    filling->end(false);
    zone_->end(*filling, "http://a/", zone_->hash_of("http://a/"));
    EXPECT_FALSE(zone_->find(lookup("http://a/")).entry);
    EXPECT_EQ(zone_->figures().keys, 0U);
}

}  // namespace
}  // namespace weir::cache
