#include "proxy/disk_fetch.h"

#include <cerrno>

#include "proxy/news.h"
#include "proxy/request_copy.h"

namespace weir::proxy {
namespace {

using Outcome = cache::Fill::Outcome;
using Step = cache::DiskLoad::Step;
using Patience = cache::MediumFile::Patience;

}  // namespace

io::Task<bool> wait_for_disk(Lane& lane, cache::Zone& zone, const cache::Lookup& lookup, std::uint64_t variation) {
    const auto joined = zone.join(lookup, variation);
    if (!joined.is_new) co_return false;
    cache::Follower follower(joined.fill);
    DiskFetch::start(lane, std::make_unique<DiskFetch>(lane, zone, lookup, joined.fill));
    // It takes so long at most: the reads are given up sooner than the exchange.
    while (joined.fill->outcome() == Outcome::waiting) {
        follower.want_news();
        if (joined.fill->outcome() != Outcome::waiting) break;
        const auto came = co_await follower.wait({});
        if (!came) break;
    }
    co_return true;
}

// The request may end before this does: what chooses among variants is copied.
DiskFetch::DiskFetch(Lane& lane, cache::Zone& zone, const cache::Lookup& lookup, Ref<cache::Fill> fill)
    : lane_(lane), worker_(lane.worker()), zone_(&zone), fill_(std::move(fill)), fields_(arena_), lookup_(lookup) {
    copy_fields(*lookup.fields, fields_);
    lookup_.key = arena_.copy(lookup.key);
    lookup_.fields = &fields_;
    lookup_.arena = &arena_;
}

void DiskFetch::start(Lane& lane, std::unique_ptr<DiskFetch> fetch) { lane.sessions().spawn(carry_out(std::move(fetch))); }

io::Task<> DiskFetch::carry_out(std::unique_ptr<DiskFetch> fetch) { co_await fetch->run(); }

io::Task<> DiskFetch::run() {
    auto& counters = zone_->disk()->counters();
    cache::DiskLoad load(*zone_->disk(), lookup_, zone_->account(), zone_->object_max());
    while (load.step() == Step::read) co_await read(load);
    const bool has_begun = load.step() == Step::begun;
    const bool is_there = has_begun || load.step() == Step::whole;
    const bool is_admitted = is_there && zone_->admit(lookup_, load, has_begun ? fill_ : Ref<cache::Fill>{});
    zone_->close(*fill_);
    fill_->decide(Outcome::loaded, is_admitted ? load.entry() : Ref<cache::Entry>{}, 0);
    announce(lane_, fill_);
    if (!is_admitted) cache::DiskCounters::add(counters.misses);
    if (!is_admitted || !has_begun) co_return;
    const auto& entry = load.entry();
    while (load.step() == Step::begun) {
        load.go_on();
        co_await read(load);
        announce(lane_, fill_);
        // A large one that is in memory already lets others have their turn.
        co_await io::yield();
        zone_->make_room();
    }
    entry->body()->close();
    entry->end(load.step() == Step::whole);
    zone_->end(*entry, lookup_.key, lookup_.hash);
    announce(lane_, fill_);
}

void DiskFetch::fault(cache::DiskLoad& load, cache::Errno error) {
    zone_->disk()->note_read_fault(error, worker_.now());
    // What is only slow or busy is still there.
    if (error == ETIMEDOUT || error == EBUSY) load.give_up();
    else load.fail();
}

io::Task<> DiskFetch::read(cache::DiskLoad& load) {
    auto& disk = *zone_->disk();
    if (!read_) read_ = make_ref<cache::DiskRead>(cache::DiskLoad::kBuffer);
    const auto buffer = read_->buffer();
    const auto at_hand = load.file()->read(load.offset(), buffer.first(load.wanted()), Patience::none);
    if (at_hand && load.take({buffer.data(), *at_hand})) co_return;
    if (!at_hand && at_hand.error() != EAGAIN) co_return fault(load, at_hand.error());
    read_->begin(load.file(), load.offset(), load.wanted());
    if (!disk.readers().post(read_)) co_return fault(load, EBUSY);
    cache::DiskCounters::add(disk.counters().reads_waited);
    const auto came = co_await read_->wait(worker_.now() + cache::DiskStore::kReadTimeMax);
    if (!came) {
        fault(load, came.error());
        if (came.error() == ETIMEDOUT) read_ = {};  // the thread still has it
        co_return;
    }
    disk.note_read();
    if (!load.take({buffer.data(), *came})) load.fail();
}

}  // namespace weir::proxy
