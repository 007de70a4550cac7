// The store as a zone has it: real threads, a disk in memory that fails as disks do.
#include "cache/disk/store.h"

#include <gtest/gtest.h>

#include "cache/disk/crc32c.h"
#include "cache/disk/load.h"
#include "cache/disk/octets.h"
#include "cache/disk/test_entries.h"
#include "cache/disk/test_medium.h"
#include "cache/slice_plan.h"
#include "cache/vary.h"
#include "cache/zone.h"
#include "io/scope.h"
#include "io/sim_backend.h"

namespace weir::cache {
namespace {

class DiskStoreTest : public testing::Test {
protected:
    DiskStoreTest() : worker_(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1) { worker_.enter(); }
    ~DiskStoreTest() override {
        zone_ = {};
        worker_.leave();
    }

    // A process begins; one that ran before has ended.
    void begin(bool writes_first = true) {
        zone_ = {};
        ZoneOptions options{.name = "main", .memory_max = Zone::kMemoryMin};
        options.disk = {.folder = "/test", .octets_max = DiskOptions::kOctetsMin, .writes_first = writes_first};
        auto store = DiskStore::open(options.disk, std::make_unique<TestMedium>(disk_), 7);
        ASSERT_TRUE(store) << store.error();
        zone_ = make_ref<Zone>(options, 1U, std::move(*store));
        until([&] { return !counters().is_recovering; });
    }
    // The same without an end: what was not written is lost, and nothing of what the old one does counts any more.
    void crash() {
        disk_.until_crash = 0;
        zone_ = {};
        disk_.until_crash = TestDisk::kNoLimit;
    }
    template <class Condition>
    static void until(Condition&& holds) {
        const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!holds() && std::chrono::steady_clock::now() < last) std::this_thread::yield();
        ASSERT_TRUE(holds());
    }
    DiskStore& store() { return *zone_->disk(); }
    DiskCounters& counters() { return store().counters(); }
    Lookup lookup(std::string_view key) { return {.key = key, .hash = zone_->hash_of(key), .fields = &request_, .arena = &arena_}; }

    void put(std::string_view key, TestAnswer answer) {
        answer.born = zone_->purges().now();
        const auto joined = zone_->join(lookup(key), 0);
        ASSERT_TRUE(joined.is_new);
        ASSERT_EQ(zone_->store(*joined.fill, key, make_answer(answer, zone_->account())), Refusal::none);
    }
    // It is on the disk.
    void put_down(std::string_view key, const TestAnswer& answer) {
        const auto before = store().objects();
        put(key, answer);
        until([&] { return store().objects() > before; });
    }
    std::string body_of(const Entry& entry) {
        SegmentReader reader(*entry.body(), 0);
        std::string text;
        while (text.size() < entry.body()->size()) text += reader.take(entry.body()->size(), entry.body()->size()).octets;
        return text;
    }
    std::string get(std::string_view key) {
        auto found = zone_->find(lookup(key));
        if (!found.entry && zone_->load(lookup(key), worker_.now()) == Zone::Loaded::here) found = zone_->find(lookup(key));
        return found.entry ? body_of(*found.entry) : "none";
    }

    TestDisk disk_;
    io::Worker worker_;
    Arena arena_;
    http::Fields request_{arena_};
    Ref<Zone> zone_;
};

TEST_F(DiskStoreTest, WhatWasWrittenIsThereAfterTheEndAndAfterACrash) {
    begin();
    const std::string large(200'000, 'l');
    put_down("http://a/1", {.body = "one"});
    put_down("http://a/2", {.body = large});
    begin();
    EXPECT_EQ(get("http://a/1"), "one");
    EXPECT_EQ(get("http://a/2"), large);
    EXPECT_EQ(get("http://a/3"), "none");
    put_down("http://a/3", {.body = "three"});
    crash();
    begin();
    EXPECT_EQ(get("http://a/1"), "one");
    EXPECT_EQ(get("http://a/3"), "three");
    EXPECT_EQ(DiskCounters::of(counters().hits), 2U);
}

TEST_F(DiskStoreTest, ItIsWrittenWhenItIsAskedForAgain) {
    begin(false);
    put("http://a/1", {.body = "one"});
    EXPECT_EQ(store().objects(), 0U);
    EXPECT_EQ(get("http://a/1"), "one");
    until([&] { return store().objects() == 1; });
    for (int i = 0; i < 10; ++i) EXPECT_EQ(get("http://a/1"), "one");
    EXPECT_TRUE(store().settle());
    EXPECT_EQ(DiskCounters::of(counters().written), 1U);
}

TEST_F(DiskStoreTest, WhatIsStaleInSecondsIsNotWritten) {
    begin();
    Arena arena;
    http::Response response(arena);
    EntryParts parts;
    parts.response = &response;
    parts.terms.lifetime = Delta(1);
    parts.born = zone_->purges().now();
    parts.body = Segments::make(zone_->account(), 0, true);
    auto entry = Entry::make(std::move(parts));
    entry->end(true);
    const auto joined = zone_->join(lookup("http://a/1"), 0);
    zone_->store(*joined.fill, "http://a/1", entry);
    put_down("http://a/2", {.body = "two"});
    EXPECT_EQ(store().objects(), 1U);
}

TEST_F(DiskStoreTest, PurgesOutliveACrash) {
    struct Row {
        const char* what;
        void (*purge)(Zone&);
        bool has_one, has_two;
    };
    const Row rows[] = {
        {"url", [](Zone& zone) { zone.purge_url("http://a/1", false); }, false, true},
        {"prefix", [](Zone& zone) { zone.purge_prefix("http://a/1", false); }, false, true},
        {"tag", [](Zone& zone) { zone.purge_tag("tag:two", false); }, true, false},
        {"group", [](Zone& zone) { zone.invalidate_group("tag:two"); }, true, false},
        {"all", [](Zone& zone) { zone.purge_all(false); }, false, false},
        {"invalid", [](Zone& zone) { zone.invalidate("http://a/1"); }, false, true},
    };
    for (const auto& row : rows) {
        for (const bool is_crash : {false, true}) {
            SCOPED_TRACE(testing::Message() << row.what << " crash " << is_crash);
            disk_.files.clear();
            begin();
            put_down("http://a/1", {.body = "one", .tags = {zone_->purges().cell_of("tag:one")}});
            put_down("http://a/2", {.body = "two", .tags = {zone_->purges().cell_of("tag:two")}});
            row.purge(*zone_);
            EXPECT_TRUE(store().settle());
            if (is_crash) crash();
            begin();
            EXPECT_EQ(get("http://a/1"), row.has_one ? "one" : "none");
            EXPECT_EQ(get("http://a/2"), row.has_two ? "two" : "none");
            // What comes later is not purged by what was before.
            put("http://a/3", {.body = "three", .tags = {zone_->purges().cell_of("tag:two")}});
            begin();
            EXPECT_EQ(get("http://a/3"), "three");
        }
    }
}

TEST_F(DiskStoreTest, ASoftPurgeMakesItStale) {
    begin();
    put_down("http://a/1", {.body = "one"});
    zone_->purge_url("http://a/1", true);
    EXPECT_TRUE(store().settle());
    crash();
    begin();
    EXPECT_EQ(get("http://a/1"), "one");
    EXPECT_TRUE(zone_->find(lookup("http://a/1")).entry->terms_now().is_marked_stale);
}

TEST_F(DiskStoreTest, APurgeWhileItWaitsToBeWrittenCounts) {
    begin();
    for (int i = 0; i < 50; ++i) {
        put("http://a/1", {.body = "one"});
        zone_->purge_url("http://a/1", false);
    }
    EXPECT_TRUE(store().settle());
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
}

TEST_F(DiskStoreTest, WithoutItsLogOfPurgesNothingIsTrusted) {
    begin();
    put_down("http://a/1", {.body = "one"});
    zone_ = {};
    disk_.files.erase("purges");
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
}

TEST_F(DiskStoreTest, ADamagedLogOfPurgesVoidsAll) {
    begin();
    put_down("http://a/1", {.body = "one"});
    zone_->purge_url("http://a/2", false);
    store().settle();
    zone_ = {};
    auto& log = disk_.files["purges"]->octets;
    log[kPurgeRowStart + 9] = 'x';
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
}

// Wherever it is damaged: what was purged stays purged. Cut off at the end it may be by a crash.
TEST_F(DiskStoreTest, NoOctetOfTheLogOfPurgesCanBeDamagedUnseen) {
    begin();
    put_down("http://a/1", {.body = "one"});
    put_down("http://b/1", {.body = "one"});
    zone_->purge_url("http://a/1", false);
    zone_->purge_prefix("http://b/", false);
    zone_ = {};
    const auto log = disk_.files["purges"]->octets;
    std::map<std::string, std::string> before;
    for (const auto& [name, content] : disk_.files) before[name] = content->octets;
    for (std::size_t at = 0; at <= log.size(); ++at) {
        for (const auto& [name, octets] : before) {
            disk_.files[name] = make_ref<TestDisk::Content>();
            disk_.files[name]->octets = octets;
        }
        auto& damaged = disk_.files["purges"]->octets;
        if (at < log.size()) damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        else damaged += std::string(kPurgeRowStart, 'x');
        begin();
        EXPECT_EQ(get("http://a/1"), "none") << at;
        EXPECT_EQ(get("http://b/1"), "none") << at;
        zone_ = {};
    }
}

// Whatever somebody has put in the place of a segment: what is answered is right, the other segment is as it was, and writing goes on.
TEST_F(DiskStoreTest, WhatIsNoSegmentOfOursIsTakenOut) {
    const auto first = segment_name(1), second = segment_name(2);
    using Files = std::map<std::string, Ref<TestDisk::Content>>;
    const auto copy = [](const std::string& octets) {
        auto content = make_ref<TestDisk::Content>();
        content->octets = octets;
        return content;
    };
    struct Row {
        const char* what;
        std::function<void(Files&)> change;
        const char* one;  // "": as it happens
    };
    const auto far = segment_name(~std::uint64_t{0});
    const Row rows[] = {
        {"garbage", [&](Files& files) { files[first] = copy(std::string(100'000, '\x5a')); }, "none"},
        {"nothing", [&](Files& files) { files[first] = copy(""); }, "none"},
        {"is gone", [&](Files& files) { files.erase(first); }, "none"},
        {"its header alone", [&](Files& files) { files[first]->octets.resize(kSegmentHeader); }, "none"},
        {"its table is cut off", [&](Files& files) { files[first]->octets.resize(files[first]->octets.size() - 1); }, "one"},
        {"its table is damaged", [&](Files& files) { files[first]->octets[files[first]->octets.size() - 50] ^= 1; }, "one"},
        {"its record is cut off", [&](Files& files) { files[first]->octets.resize(kSegmentHeader + 100); }, "none"},
        {"its record is damaged", [&](Files& files) { files[first]->octets[kSegmentHeader + 100] ^= 1; }, "none"},
        {"of another store", [&](Files& files) { files[first]->octets.replace(0, kSegmentHeader, segment_header(1234, 1)); }, "none"},
        {"another one's copy", [&](Files& files) { files[first] = copy(files[second]->octets); }, "none"},
        {"a copy by a later name", [&](Files& files) { files[segment_name(9)] = copy(files[first]->octets); }, "one"},
        {"the same file by two names", [&](Files& files) { files[segment_name(9)] = files[first]; }, "one"},
        {"the last of all numbers", [&](Files& files) { files[far] = copy(segment_header(1234, ~std::uint64_t{0})); }, "one"},
        {"by no name of ours", [&](Files& files) { files["segment-x"] = copy("x"); }, "one"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.what);
        disk_.files.clear();
        begin();
        put_down("http://a/1", {.body = "one"});
        begin();
        put_down("http://a/2", {.body = "two"});
        zone_ = {};
        row.change(disk_.files);
        begin();
        EXPECT_EQ(get("http://a/1"), row.one);
        EXPECT_EQ(get("http://a/2"), "two");
        put_down("http://a/3", {.body = "three"});
        crash();
        begin();
        EXPECT_EQ(get("http://a/2"), "two");
        EXPECT_EQ(get("http://a/3"), "three");
    }
}

TEST_F(DiskStoreTest, ADiskThatCantBeReadAtTheStartIsAnEmptyOne) {
    begin();
    put_down("http://a/1", {.body = "one"});
    zone_ = {};
    disk_.read_error = EIO;
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
    put("http://a/2", {.body = "two"});
    EXPECT_EQ(get("http://a/2"), "two");
    disk_.read_error = 0;
    put_down("http://a/3", {.body = "three"});
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
    EXPECT_EQ(get("http://a/3"), "three");
}

TEST_F(DiskStoreTest, WhatAnotherVersionWroteGoes) {
    begin();
    put_down("http://a/1", {.body = "one"});
    zone_ = {};
    auto& state = disk_.files["store"]->octets;
    state[4] = kDiskFormat - 1;
    put_number(state.data() + 16, crc32c(std::string_view(state).substr(0, 16)));
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
    EXPECT_FALSE(disk_.files.contains(segment_name(1)));
}

// A segment that goes while it is in use: who has it open reads on, and afterwards nothing is missed.
TEST_F(DiskStoreTest, SegmentsMayGoWhileTheyAreInUse) {
    begin();
    const std::string large(300'000, 'l');
    put_down("http://a/1", {.body = "one"});
    begin();
    put_down("http://a/2", {.body = "two"});
    TestMedium others(disk_);
    for (const std::uint64_t sequence : {1U, 2U}) EXPECT_EQ(others.remove(segment_name(sequence)), 0);
    EXPECT_EQ(get("http://a/1"), "one");
    EXPECT_EQ(get("http://a/2"), "two");
    put_down("http://a/3", {.body = large});
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
    put_down("http://a/4", {.body = "four"});
    EXPECT_EQ((*others.open(segment_name(1)))->cut(10), 0);
    crash();
    begin();
    EXPECT_EQ(get("http://a/3"), "none");
}

TEST_F(DiskStoreTest, VariantsAndKeysOfOneUrlAreToldApart) {
    begin();
    const char* const languages[] = {"de", "en", "fr", "it"};
    for (const auto* language : languages) {
        http::Fields asked(arena_);
        asked.add("Accept-Language", language);
        put_down(
            "http://a/1",
            {.body = language, .vary_names = "accept-language", .variant = std::string(*variant_key("accept-language", asked, arena_))});
    }
    put_down("http://a/1\nhx:1", {.body = "another key"});
    begin();
    for (const auto* language : languages) {
        request_.clear();
        request_.add("Accept-Language", language);
        EXPECT_EQ(get("http://a/1"), language);
    }
    request_.clear();
    EXPECT_EQ(get("http://a/1\nhx:1"), "another key");
    EXPECT_EQ(get("http://a/1\nhx:2"), "none");
    zone_->purge_url("http://a/1", false);
    EXPECT_EQ(store().objects(), 0U);
}

// A film as the origin has it, and what the zone has of it: a manifest and slices.
struct Film {
    static constexpr std::uint32_t kSlice = 100'000;
    std::string version;
    std::uint64_t id = 0;
    std::string slice(std::uint64_t number) const {
        std::string text;
        while (text.size() < kSlice) text += version + '.' + std::to_string(number) + ' ';
        return text.substr(0, kSlice);
    }
    TestAnswer manifest() const { return {.slicing = {.id = id, .octets = kSlice}, .sliced = 10 * kSlice, .etag = '"' + version + '"'}; }
};

class DiskSlicesTest : public DiskStoreTest {
protected:
    static constexpr const char* kUrl = "http://a/film";

    std::string_view key_of(std::uint64_t id, std::uint64_t number) {
        return write_slice_key({.id = id, .octets = Film::kSlice}, number, room_);
    }
    void put_film(const Film& film, std::uint64_t slices) {
        put_down(kUrl, film.manifest());
        for (std::uint64_t number = 0; number < slices; ++number)
            put_down(key_of(film.id, number), {.body = film.slice(number), .status = 206});
    }
    // As a request finds it: through the manifest.
    std::string slice_of_film(std::uint64_t number) {
        auto found = zone_->find(lookup(kUrl));
        if (!found.entry && zone_->load(lookup(kUrl), worker_.now()) == Zone::Loaded::here) found = zone_->find(lookup(kUrl));
        if (!found.entry) return "none";
        EXPECT_EQ(found.entry->length(), 10U * Film::kSlice);
        EXPECT_EQ(found.entry->slicing().octets, Film::kSlice);
        return get(key_of(found.entry->slicing().id, number));
    }
    SliceKeyRoom room_;
};

TEST_F(DiskSlicesTest, AreThereAfterTheEndAndAfterACrash) {
    begin();
    const Film film{.version = "one", .id = 7};
    put_film(film, 3);
    begin();
    for (std::uint64_t number = 0; number < 3; ++number) EXPECT_EQ(slice_of_film(number), film.slice(number));
    EXPECT_EQ(slice_of_film(3), "none");
    EXPECT_EQ(zone_->find(lookup(kUrl)).entry->validators().etag, "\"one\"");
    crash();
    begin();
    for (std::uint64_t number = 0; number < 3; ++number) EXPECT_EQ(slice_of_film(number), film.slice(number));
}

TEST_F(DiskSlicesTest, PurgesTakeThemAlongAndOutliveACrash) {
    struct Row {
        const char* what;
        void (*purge)(Zone&);
    };
    const Row rows[] = {
        {"url", [](Zone& zone) { zone.purge_url(kUrl, false); }},
        {"prefix", [](Zone& zone) { zone.purge_prefix("http://a/", false); }},
        {"tag", [](Zone& zone) { zone.purge_tag("tag:film", false); }},
        {"all", [](Zone& zone) { zone.purge_all(false); }},
        {"invalid", [](Zone& zone) { zone.invalidate(kUrl); }},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.what);
        disk_.files.clear();
        begin();
        const Film film{.version = "one", .id = 7};
        auto manifest = film.manifest();
        manifest.tags = {zone_->purges().cell_of("tag:film")};
        put_down(kUrl, manifest);
        put_down(key_of(film.id, 0), {.body = film.slice(0), .status = 206});
        row.purge(*zone_);
        EXPECT_TRUE(store().settle());
        crash();
        begin();
        EXPECT_EQ(slice_of_film(0), "none");
        // What comes later has a name of its own.
        const Film newer{.version = "two", .id = 8};
        put_film(newer, 1);
        begin();
        EXPECT_EQ(slice_of_film(0), newer.slice(0));
    }
}

// A POST, and then a 304: the slices are still good, and after a restart they are to be found.
TEST_F(DiskSlicesTest, AManifestThatWasInvalidAndStillHoldsIsWrittenAgain) {
    begin(false);
    const Film film{.version = "one", .id = 7};
    put(kUrl, film.manifest());
    const auto known = zone_->find(lookup(kUrl)).entry;
    until([&] { return store().objects() == 1; });
    zone_->invalidate(kUrl);
    EXPECT_EQ(store().objects(), 0U);
    auto answer = film.manifest();
    answer.born = zone_->purges().now();
    const auto renewed = make_answer(answer, zone_->account());
    renewed->inherit_kept(*known);
    const auto joined = zone_->join(lookup(kUrl), 0);
    ASSERT_EQ(zone_->store(*joined.fill, kUrl, renewed), Refusal::none);
    until([&] { return store().objects() == 1; });
    crash();
    begin();
    EXPECT_EQ(zone_->load(lookup(kUrl), worker_.now()), Zone::Loaded::here);
}

TEST_F(DiskSlicesTest, ASoftPurgeMakesTheManifestStaleAndKeepsThem) {
    begin();
    const Film film{.version = "one", .id = 7};
    put_film(film, 2);
    zone_->purge_url(kUrl, true);
    EXPECT_TRUE(store().settle());
    crash();
    begin();
    EXPECT_EQ(slice_of_film(1), film.slice(1));
    EXPECT_TRUE(zone_->find(lookup(kUrl)).entry->terms_now().is_marked_stale);
}

// Whatever is on the disk of two versions: a reader gets slices of one.
TEST_F(DiskSlicesTest, TwoVersionsNeverMeet) {
    for (std::uint64_t until_crash = 0; until_crash < 700'000; until_crash += 54'321) {
        disk_.files.clear();
        begin();
        const Film old{.version = "old", .id = 7}, fresh{.version = "new", .id = 8};
        put_film(old, 4);
        disk_.until_crash = until_crash;
        put(kUrl, fresh.manifest());
        for (const std::uint64_t number : {1U, 3U, 5U}) put(key_of(fresh.id, number), {.body = fresh.slice(number), .status = 206});
        store().settle();
        crash();
        begin();
        std::string version;
        for (std::uint64_t number = 0; number < 6; ++number) {
            const auto slice = slice_of_film(number);
            if (slice == "none") continue;
            EXPECT_TRUE(slice == old.slice(number) || slice == fresh.slice(number)) << number;
            if (version.empty()) version = slice.substr(0, 3);
            EXPECT_EQ(slice.substr(0, 3), version) << number;
        }
    }
}

TEST_F(DiskSlicesTest, WhatIsWrittenTheManifestSays) {
    begin(false);
    const Film film{.version = "one", .id = 7};
    put(kUrl, film.manifest());
    const auto ask = [&](std::uint64_t number) {
        const auto manifest = zone_->find(lookup(kUrl)).entry;
        const auto slice = zone_->find(lookup(key_of(film.id, number))).entry;
        zone_->keep_slice(*slice, *manifest, lookup(key_of(film.id, number)));
    };
    put(key_of(film.id, 0), {.body = film.slice(0), .status = 206});
    EXPECT_EQ(get(key_of(film.id, 0)), film.slice(0));
    EXPECT_TRUE(store().settle());
    EXPECT_EQ(store().objects(), 0U) << "nobody has asked for the film again";
    ask(0);
    until([&] { return store().objects() == 2; });
    ask(0);
    put(key_of(film.id, 1), {.body = film.slice(1), .status = 206});
    ask(1);
    until([&] { return store().objects() == 3; });
    EXPECT_TRUE(store().settle());
    EXPECT_EQ(DiskCounters::of(counters().written), 3U);
}

TEST_F(DiskStoreTest, ADamagedBodyIsNotAnsweredWith) {
    begin();
    put_down("http://a/1", {.body = std::string(100'000, 'b')});
    begin();
    auto& octets = disk_.files[segment_name(1)]->octets;
    octets[octets.find("bbbbbb") + 90'000] = 'x';
    EXPECT_EQ(get("http://a/1"), "none");
    EXPECT_EQ(store().objects(), 0U);
    EXPECT_EQ(DiskCounters::of(counters().bad), 1U);
}

TEST_F(DiskStoreTest, ADiskThatCantBeWrittenIsLeftAloneForAWhile) {
    begin();
    put_down("http://a/1", {.body = "one"});
    disk_.write_error = EIO;
    put("http://a/2", {.body = "two"});
    until([&] { return DiskCounters::of(counters().write_errors) > 0; });
    until([&] {
        put("http://a/3", {.body = "three"});
        return DiskCounters::of(counters().dropped) > 0;
    });
    EXPECT_EQ(get("http://a/2"), "two") << "memory has it";
    zone_->purge_all(false);
    EXPECT_FALSE(store().settle()) << "nobody is told that a purge is safe which is not";
    disk_.write_error = 0;
    EXPECT_TRUE(store().settle());
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
}

// A worker that has to answer for a purge goes on while the disk takes it.
TEST_F(DiskStoreTest, AWorkerHearsWhenItsPurgeIsOnTheDisk) {
    begin();
    put_down("http://a/1", {.body = "one"});
    io::Scope scope;
    const auto purge = [&] {
        zone_->purge_url("http://a/1", false);
        std::optional<bool> told;
        scope.spawn([](DiskStore& of, std::optional<bool>& into) -> io::Task<> { into = co_await of.settled(kNever); }(store(), told));
        until([&] {
            worker_.turn(worker_.now());
            return told.has_value();
        });
        return told;
    };
    disk_.write_error = EIO;
    EXPECT_EQ(purge(), false);
    disk_.write_error = 0;
    EXPECT_EQ(purge(), true);
    crash();
    begin();
    EXPECT_EQ(get("http://a/1"), "none");
}

TEST_F(DiskStoreTest, WhatIsNotInMemoryIsToBeWaitedFor) {
    begin();
    put_down("http://a/1", {.body = "one"});
    begin();
    disk_.is_cold = true;
    EXPECT_EQ(zone_->load(lookup("http://a/1"), worker_.now()), Zone::Loaded::waits);
    auto read = make_ref<DiskRead>(DiskLoad::kBuffer);
    const auto asked = lookup("http://a/1");
    DiskLoad load(store(), asked, zone_->account(), zone_->object_max());
    ASSERT_EQ(load.step(), DiskLoad::Step::read);
    read->begin(load.file(), load.offset(), load.wanted());
    ASSERT_TRUE(store().readers().post(read));
    std::optional<std::expected<std::size_t, Errno>> came;
    io::Scope scope;
    scope.spawn([](DiskRead& of, std::optional<std::expected<std::size_t, Errno>>& into) -> io::Task<> {
        into = co_await of.wait(kNever);
    }(*read, came));
    until([&] {
        worker_.turn(worker_.now());
        return came.has_value();
    });
    ASSERT_TRUE(*came);
    EXPECT_TRUE(load.take({read->buffer().data(), **came}));
    EXPECT_EQ(load.step(), DiskLoad::Step::whole);
    EXPECT_EQ(body_of(*load.entry()), "one");
}

TEST_F(DiskStoreTest, ReadErrorsMakeItRest) {
    begin();
    put_down("http://a/1", {.body = "one"});
    for (unsigned i = 0; i < DiskStore::kReadFaultsMax; ++i) {
        EXPECT_FALSE(store().is_resting(worker_.now()));
        store().note_read_fault(EIO, worker_.now());
    }
    EXPECT_TRUE(store().is_resting(worker_.now()));
    EXPECT_FALSE(store().is_resting(worker_.now() + DiskStore::kReadRest));
}

TEST_F(DiskStoreTest, ANewerAnswerIsNotReplacedByTheOneOnTheDisk) {
    begin(false);
    put("http://a/1", {.body = "old"});
    get("http://a/1");
    until([&] { return store().objects() == 1; });
    begin(false);
    const auto asked = lookup("http://a/1");
    DiskLoad load(store(), asked, zone_->account(), zone_->object_max());
    ASSERT_EQ(load_now(load), LoadedNow::whole);
    put("http://a/1", {.body = "new"});
    EXPECT_FALSE(zone_->admit(asked, load, {}));
    EXPECT_EQ(get("http://a/1"), "new");
    until([&] { return store().objects() == 1; });  // the older one has left the index at once
    crash();
    begin();
    EXPECT_NE(get("http://a/1"), "old");
}

}  // namespace
}  // namespace weir::cache
