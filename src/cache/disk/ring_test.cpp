// Segments and recovery on a disk that ends in the middle of any write: what is found afterwards is what was stored.
#include "cache/disk/ring.h"

#include <gtest/gtest.h>

#include <random>

#include "cache/disk/purge_log.h"
#include "cache/disk/test_entries.h"
#include "cache/disk/test_medium.h"
#include "cache/hash.h"

namespace weir::cache {
namespace {

constexpr std::uint64_t kQuota = 64U * 1024 * 1024;  // segments of 4 MiB

// A store as one process has it.
struct Running {
    explicit Running(TestDisk& disk, std::uint64_t quota = kQuota)
        : medium(disk),
          ring(
              {.medium = medium, .index = index, .voids = voids, .purges = purges, .counters = counters, .is_in_memory = {}, .store = 42}) {
        ring.set_quota(quota);
    }
    TestMedium medium;
    DiskIndex index;
    DiskVoids voids;
    Purges purges{7};
    DiskCounters counters;
    DiskRing ring;

    Errno recover() {
        return ring.recover([] { return true; });
    }
    // The body of the key's record, as a reader would send it; nullopt: it is not there.
    std::optional<std::string> body_of(const std::string& key) {
        DiskIndex::Candidates places;
        index.find(hash_of(key, 3), places);
        for (const auto& place : places.all()) {
            const auto file = ring.file_of(place.segment);
            Arena arena;
            std::string buffer;
            const auto record = file ? read_whole(*file, place.offset, buffer, arena) : std::nullopt;
            if (!record || record->key != key) continue;
            if (purges.since(record->born, record->tags) == Purges::Verdict::hard) return std::nullopt;
            return buffer.substr(record->lengths.head);
        }
        return std::nullopt;
    }
    bool store(const std::string& key, const TestAnswer& answer) {
        const auto entry = make_answer(answer, account);
        return ring.append(*entry, key, hash_of(key, 3)) == DiskRing::Outcome::taken;
    }
    Ref<Account> account = make_ref<Account>();
};

std::string key_of(std::size_t number) { return "http://a.example/" + std::to_string(number); }

std::string body_of(std::size_t number, std::size_t version = 0) {
    std::string body = "body " + std::to_string(number) + "." + std::to_string(version) + " ";
    const std::size_t octets = 40 + (number * 7919 + version * 104'729) % 9000;
    while (body.size() < octets) body += body.substr(0, octets - body.size());
    return body;
}

TEST(DiskRing, ASmallerSizeTakesEffectAtOnce) {
    TestDisk disk;
    Running running(disk, 4 * kQuota);
    for (std::size_t i = 0; i < 150; ++i) ASSERT_TRUE(running.store(key_of(i), {.body = std::string(1'000'000, 'l')}));
    ASSERT_TRUE(running.ring.flush());
    EXPECT_GT(disk.octets(), 2 * kQuota);
    running.ring.set_quota(kQuota);
    EXPECT_LE(disk.octets(), kQuota);
    EXPECT_EQ(running.body_of(key_of(0)), std::nullopt);
    EXPECT_EQ(running.body_of(key_of(149)), std::string(1'000'000, 'l'));
    EXPECT_TRUE(running.store(key_of(150), {.body = "later"}));
    ASSERT_TRUE(running.ring.flush());
    EXPECT_EQ(running.body_of(key_of(150)), "later");
}

TEST(DiskRing, WhatIsLongerThanASegmentIsNotRead) {
    TestDisk disk;
    {
        Running first(disk);
        ASSERT_TRUE(first.store(key_of(1), {.body = body_of(1)}));
        first.ring.seal();
    }
    disk.files.begin()->second->octets.resize(kSegmentMax + 1);
    Running second(disk);
    EXPECT_EQ(second.recover(), 0);
    EXPECT_EQ(second.ring.unfit().count, 1U);
    EXPECT_TRUE(disk.files.empty());
    EXPECT_EQ(second.body_of(key_of(1)), std::nullopt);
}

// Each start leaves a short segment, and each is an open file.
TEST(DiskRing, ManyShortSegmentsMakeRoom) {
    TestDisk disk;
    constexpr std::size_t kMost = 2 * 16 + DiskRing::kSegmentsSpare;
    for (std::size_t i = 0; i < kMost + 20; ++i) {
        Running running(disk);
        ASSERT_EQ(running.recover(), 0);
        ASSERT_TRUE(running.store(key_of(i), {.body = body_of(i)}));
        running.ring.seal();
    }
    EXPECT_LE(disk.files.size(), kMost + 1);
    Running running(disk);
    ASSERT_EQ(running.recover(), 0);
    EXPECT_EQ(running.body_of(key_of(0)), std::nullopt);
    EXPECT_EQ(running.body_of(key_of(kMost + 19)), body_of(kMost + 19));
}

TEST(DiskRing, WhatIsWrittenIsFoundAndSurvivesTheProcess) {
    TestDisk disk;
    const std::string large(1'000'000, 'l');
    {
        Running first(disk);
        for (std::size_t i = 0; i < 2000; ++i) EXPECT_TRUE(first.store(key_of(i), {.body = body_of(i)}));
        EXPECT_TRUE(first.store("http://a.example/large", {.body = large}));
        EXPECT_TRUE(first.store("http://a.example/empty", {.body = ""}));
        EXPECT_TRUE(first.ring.flush());
        for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(first.body_of(key_of(i)), body_of(i));
        first.ring.seal();
    }
    Running second(disk);
    EXPECT_EQ(second.recover(), 0);
    for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(second.body_of(key_of(i)), body_of(i)) << i;
    EXPECT_EQ(second.body_of("http://a.example/large"), large);
    EXPECT_EQ(second.body_of("http://a.example/empty"), "");
    EXPECT_EQ(DiskCounters::of(second.counters.recovered), 2002U);
}

TEST(DiskRing, ASegmentThatWasNotSealedIsReadRecordByRecord) {
    TestDisk disk;
    {
        Running first(disk);
        for (std::size_t i = 0; i < 100; ++i) first.store(key_of(i), {.body = body_of(i)});
        first.ring.flush();
    }
    Running second(disk);
    second.recover();
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(second.body_of(key_of(i)), body_of(i)) << i;
    // It has its table now.
    const auto file = second.medium.open(segment_name(1));
    ASSERT_TRUE(file);
    EXPECT_TRUE(read_footer(**file, 1));
}

TEST(DiskRing, TheOldestGoesAndWhatWasUsedStays) {
    TestDisk disk;
    Running store(disk);
    const std::string body(100'000, 'b');
    for (std::size_t i = 0; i < 3000; ++i) {
        ASSERT_TRUE(store.store(key_of(i), {.body = body + std::to_string(i)}));
        store.ring.flush();
        DiskIndex::Candidates places;
        store.index.find(hash_of(key_of(5), 3), places);
        for (const auto& place : places.all()) store.index.mark_used(hash_of(key_of(5), 3), place);
        ASSERT_LE(disk.octets(), kQuota);
    }
    EXPECT_EQ(store.body_of(key_of(5)), body + "5");
    EXPECT_FALSE(store.body_of(key_of(6)));
    EXPECT_EQ(store.body_of(key_of(2999)), body + "2999");
    EXPECT_GT(DiskCounters::of(store.counters.evicted), 50U);
    EXPECT_GT(DiskCounters::of(store.counters.kept), 1U);
    Running again(disk);
    again.recover();
    EXPECT_EQ(again.body_of(key_of(5)), body + "5");
}

TEST(DiskRing, LessQuotaTakesEffectAtTheNextStart) {
    TestDisk disk;
    {
        Running store(disk, 2 * kQuota);
        for (std::size_t i = 0; i < 1200; ++i) store.store(key_of(i), {.body = std::string(100'000, 'b')});
        store.ring.seal();
        EXPECT_GT(disk.octets(), kQuota);
    }
    Running less(disk);
    less.recover();
    EXPECT_LE(disk.octets(), kQuota);
    EXPECT_TRUE(less.body_of(key_of(1199)));
}

TEST(DiskRing, TheIndexHasALimit) {
    TestDisk disk;
    Running store(disk);
    for (std::size_t i = 0; i < 40'000; ++i) store.store(key_of(i), {.body = "x"});
    store.ring.flush();
    EXPECT_LE(store.index.objects(), kQuota / DiskRing::kOctetsAnObject + DiskRing::kBatch / 128);
    EXPECT_EQ(store.body_of(key_of(39'999)), "x");
    EXPECT_FALSE(store.body_of(key_of(0)));
}

TEST(DiskRing, AFullDiskMakesRoomOfItsOwnOldest) {
    TestDisk disk;
    disk.room = 20U * 1024 * 1024;
    Running store(disk);
    for (std::size_t i = 0; i < 1000; ++i) store.store(key_of(i), {.body = std::string(100'000, 'b')});
    store.ring.flush();
    EXPECT_TRUE(store.body_of(key_of(999)));
    EXPECT_LE(disk.octets(), disk.room);
}

TEST(DiskRing, AfterAWriteErrorItGoesOn) {
    TestDisk disk;
    Running store(disk);
    store.store(key_of(1), {.body = body_of(1)});
    ASSERT_TRUE(store.ring.flush());
    disk.write_error = EIO;
    store.store(key_of(2), {.body = body_of(2)});
    EXPECT_FALSE(store.ring.flush());
    EXPECT_EQ(store.ring.last_error(), EIO);
    disk.write_error = 0;
    store.store(key_of(3), {.body = body_of(3)});
    EXPECT_TRUE(store.ring.flush());
    EXPECT_EQ(store.body_of(key_of(1)), body_of(1));
    EXPECT_FALSE(store.body_of(key_of(2)));
    EXPECT_EQ(store.body_of(key_of(3)), body_of(3));
    Running again(disk);
    again.recover();
    EXPECT_EQ(again.body_of(key_of(3)), body_of(3));
}

TEST(DiskRing, AnAnswerTooLargeForItIsNotTaken) {
    TestDisk disk;
    Running store(disk);
    const auto entry = make_answer({.body = std::string(3'000'000, 'b')}, store.account);
    EXPECT_EQ(store.ring.append(*entry, "http://a/", 1), DiskRing::Outcome::too_large);
}

TEST(DiskRing, SegmentsOfAnotherStoreAreNotTaken) {
    TestDisk disk;
    disk.files[segment_name(9)] = make_ref<TestDisk::Content>();
    disk.files[segment_name(9)]->octets = segment_header(41, 9) + std::string(1000, 'x');
    disk.files["something else"] = make_ref<TestDisk::Content>();
    Running store(disk);
    store.recover();
    EXPECT_EQ(store.index.objects(), 0U);
    EXPECT_FALSE(disk.files.contains(segment_name(9)));
    EXPECT_TRUE(disk.files.contains("something else"));
}

TEST(DiskRing, ADamagedRecordIsNotAnsweredWith) {
    TestDisk disk;
    Running store(disk);
    store.store(key_of(1), {.body = body_of(1)});
    store.ring.flush();
    auto& octets = disk.files[segment_name(1)]->octets;
    const auto whole = octets;
    for (std::size_t at = kSegmentHeader; at < whole.size() - kRecordAlignment; ++at) {
        octets[at] = static_cast<char>(octets[at] ^ 4);
        const auto body = store.body_of(key_of(1));
        ASSERT_TRUE(!body) << at;
        octets = whole;
    }
}

// The process is killed in the midst of mixed writes, purges, seals and evictions, at any octet; then another one begins on what is there,
// and is killed, too.
// How many keys were found afterwards.
void crash_at(std::uint64_t octets, std::uint64_t seed, std::size_t& found) {
    SCOPED_TRACE(testing::Message() << "crash after " << octets << " octets, seed " << seed);
    TestDisk disk;
    std::mt19937_64 random(seed);
    std::map<std::string, std::vector<std::string>> stored;  // what a key may be answered with
    for (int life = 0; life < 3; ++life) {
        disk.until_crash = TestDisk::kNoLimit;
        Running store(disk);
        PurgeLog log(store.medium);
        if (log.load(store.purges, store.voids) == PurgeLog::Loaded::absent) disk.files.clear();
        store.purges.restore_number(store.purges.now() + PurgeLog::kNumbersApart);
        ASSERT_EQ(log.begin(store.purges, store.voids), 0);
        store.recover();
        for (const auto& [key, bodies] : stored) {
            const auto body = store.body_of(key);
            if (!body) continue;
            ++found;
            ASSERT_NE(std::ranges::find(bodies, *body), bodies.end()) << key << " is answered with what it must not be";
        }
        disk.until_crash = octets;
        for (int step = 0; step < 60; ++step) {
            const auto number = random() % 40;
            const auto key = key_of(number);
            const auto what = random() % 10;
            if (what < 7) {
                const auto body = body_of(number, random() % 1000);
                stored[key].push_back(body);
                store.store(key, {.body = body, .born = store.purges.now(), .tags = {static_cast<TagCell>(number % 4)}});
            } else if (what == 7) {
                store.ring.flush();
            } else if (what == 8) {
                const auto raised = store.purges.raise();
                store.voids.void_cell(DiskVoids::cell_of(hash_of(key, 3)), raised, false);
                store.index.remove_all(hash_of(key, 3));
                log.add({.kind = PurgeRow::Kind::url, .cell = DiskVoids::cell_of(hash_of(key, 3)), .number = raised});
                log.write();
                if (disk.until_crash != 0) stored[key].clear();  // answered: it must not come back
            } else if (random() % 10 == 0) {
                store.ring.seal();
            }
            if (disk.until_crash == 0) break;
        }
    }
}

TEST(DiskRing, SurvivesACrashAtAnyWrite) {
    std::size_t found = 0;
    for (std::uint64_t octets = 0; octets < 200; ++octets) crash_at(octets, octets, found);
    std::mt19937_64 random(3);  // NOLINT(cert-msc51-cpp): the same each time
    for (int round = 0; round < 100; ++round) crash_at(random() % 250'000, random(), found);
    EXPECT_GT(found, 1000U);
}

}  // namespace
}  // namespace weir::cache
