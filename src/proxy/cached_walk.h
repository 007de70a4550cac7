// CachedWalk: the part of the walk that only routes with a cache have: look up, answer from the store, wait for a fetch that others wait
// for, too, or go to the origin as without a cache. Owner: Exchange::run(). Thread: the worker's.
#pragma once

#include <optional>

#include "cache/cache_status.h"
#include "cache/key.h"
#include "cache/zone.h"
#include "io/frame_pool.h"
#include "proxy/exchange.h"
#include "proxy/fetch.h"
#include "proxy/multipart_body.h"
#include "proxy/stored_body.h"
#include "proxy/stored_form.h"

namespace weir::proxy {

class Lead;

class CachedWalk {
public:
    // A variant that was fetched for somebody else may not be what this request selects: then it looks again.
    static constexpr unsigned kRoundsMax = 5;

    explicit CachedWalk(Exchange& exchange);
    CachedWalk(const CachedWalk&) = delete;
    CachedWalk& operator=(const CachedWalk&) = delete;
    ~CachedWalk();

    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    // First. True: the reply has left, from the store. False: run() does what is still to do.
    bool answer_at_once();
    io::Task<> run();

private:
    enum class Next : std::uint8_t { done, again, forward };
    using Stage = Result<Exchange::RelayStage>;
    static bool is_over(const Stage& stage) { return stage && *stage == Exchange::RelayStage::over; }

    bool begin();
    cache::Refusal refuses();
    [[gnu::noinline]] io::Task<> go();
    [[gnu::noinline]] io::Task<> go_rounds(Next next);
    [[gnu::noinline]] io::Task<> purge();
    bool make_key();
    bool passes() const;
    bool may_join_late(const cache::Fill& fill, bool has_waited) const;
    cache::Found find();
    cache::Use use_of(const cache::Found& found) const;
    // The fetch that this request leads itself; none: it does not.
    Ref<cache::Fill> begin_lead();
    [[gnu::noinline]] io::Task<> lead(Ref<cache::Fill> fill);
    [[gnu::noinline]] io::Task<Next> follow_own(Ref<cache::Fill> fill, const cache::Found& found, Lead* resting);
    bool answers_at_once(const cache::Fill& fill);
    io::Task<Next> round();
    io::Task<Next> wait_for(const cache::Found& found);
    bool fits(const cache::Entry& entry) const;
    std::uint64_t variation(const cache::Found& found) const;
    io::Task<Next> heed(cache::Follower& follower, const cache::Found& found, bool is_own);
    // It goes to the origin by itself, and its answer passes by the store.
    Next pass_by(cache::Refusal why);
    void note_storing(const cache::Fill& fill);
    void hint();
    bool stands_in(const cache::Found& found);
    static bool deserves_next_try(const cache::Fill& fill);
    void note_hit(const cache::Use& use, http::CacheUse how);
    void start_fetch(const Ref<cache::Fill>& fill, const cache::Found& found, bool is_background);
    void revalidate_behind(const cache::Found& found);
    Fetch::Order order_for(const Ref<cache::Entry>& known) const;
    io::Task<Next> send(Ref<cache::Entry> entry, cache::Follower* follower);
    [[gnu::noinline]] io::Task<Next> send_slices(const cache::Entry& manifest);
    [[gnu::noinline]] io::Task<> send_several(const cache::Entry& entry, const SeveralParts& parts);
    void send_whole(Ref<cache::Entry> stored);
    Stage begin_reply(http::Body& body, const cache::Entry& entry);
    io::Task<> go_on(http::Body& body, Stage stage);
    cache::CacheStatus& status() { return *exchange_.cache_status_; }

    Exchange& exchange_;
    const CachePlan& plan_;
    cache::Zone& zone_;
    const http::Fields* selecting_ = nullptr;  // once there is a key
    cache::Lookup lookup_;
    cache::Key key_;
    cache::RequestDirectives directives_;
    bool has_directives_;
    WallTime now_;
    AskedCodings asked_;
    std::optional<cache::Found> first_;  // by answer_at_once(), for the first round
    std::optional<StoredBody> hit_;      // whose reply answer_at_once() has begun, so far
    Stage hit_stage_;
    bool is_purge_ = false;
    bool is_bypassed_ = false;
    bool is_refreshing_ = false;  // the origin is to be asked, whatever is stored
    bool has_hinted_ = false;
    bool has_asked_disk_ = false;
    bool waits_for_disk_ = false;
    bool is_from_disk_ = false;
    Ref<cache::Fill> failed_;  // waited for in vain: the next round makes or joins the try after it
    Fetch* fetch_ = nullptr;   // begun by this walk, while it has not told of its answer
};

// What an unsafe request that succeeded makes stale (RFC 9111 4.4). Before its answer goes out: who has it must not be given what was.
void invalidate_by(const http::Request& request, const http::Response& response, const http::Facts& facts, const CachePlan& plan,
                   cache::Zone& zone);

}  // namespace weir::proxy
