// Fetch: what is stored is fetched by an exchange of its own, whose client is the cache: a copy of the request that asked for it, walked by
// Forward as any other, its answer put into an entry that everybody reads from. It does not end with the client that began it. What may not
// be stored flows through to that client in bounded memory. Spawned in the lane's scope, owns itself; thread: the worker's.
#pragma once

#include <memory>

#include "cache/fill.h"
#include "cache/slice_plan.h"
#include "cache/storing.h"
#include "cache/zone.h"
#include "io/event.h"
#include "io/frame_pool.h"
#include "proxy/exchange.h"
#include "proxy/lane.h"

namespace weir::proxy {

// Before the exchange that uses them, after it when they end.
struct FetchMemory {
    FetchMemory(Lane& lane, const Snapshot& in_use) : snapshot(lane, lane.held(in_use)) {}
    const SnapshotUse snapshot;
    Arena arena;
};

class Fetch final : private FetchMemory, private http::Inbound, private cache::Fill::Watcher {
public:
    // What is not stored is kept only until it has been read; so much of it may wait.
    static constexpr std::size_t kWindow = 256 * 1024;

    struct Order {
        cache::Zone* zone = nullptr;
        Ref<cache::Fill> fill;
        std::string_view key;
        std::string_view target;     // what the origin is asked for
        Ref<cache::Entry> known;     // stored, and to be revalidated
        bool is_background = false;  // nobody waits for it
        // A slice is asked for first (cache/slice_plan.h), so large, and which one. With a manifest: the slice of it that is missing, for
        // somebody whose reply has its head already.
        std::uint32_t slice_octets = 0;
        std::uint64_t slice = 0;
        Ref<cache::Entry> manifest;
        std::uint64_t manifest_hash = 0;
    };
    // The asker hears of peer and times through its facts, while it is there.
    Fetch(Exchange& asker, const Order& order);
    ~Fetch() override;
    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    // Carries it out beside the asker.
    static void start(std::unique_ptr<Fetch> fetch);
    // `at` leads to this fetch until the asker has been told.
    void tell_to(Fetch*& at) { asker_at_ = &at, at = this; }
    // The asker goes.
    void forget_asker();

private:
    static io::Task<> carry_out(std::unique_ptr<Fetch> fetch);
    io::Task<> run();
    io::Task<bool> ask();
    io::Task<> take(Forward& forward, bool may_store);
    // What an answer that came is good for.
    enum class Good : std::uint8_t { to_store, to_pass, for_nothing, to_ask_again };
    Good judge();
    Good judge_whole();
    Good judge_slice();
    Good judge_missing_slice();
    Good begin_slices(std::uint64_t complete);
    void change_to_slice(const cache::Slicing& slicing, std::uint64_t octets);
    void release(std::uint16_t status);
    cache::ByteRange wanted_range() const;
    void copy_request(const Exchange& asker, std::string_view target);
    void clean_request(bool is_conditional);
    void tell_asker();
    bool renew();
    cache::Refusal why_not(const http::Response& response);
    void begin_entry(bool is_stored, std::span<const Piece> first);
    Ref<cache::Entry> make_entry(http::Response& head, cache::EntryParts parts, bool is_stored);
    void learn(const http::Response& head, std::span<const cache::TagCell> tags, bool is_stored);
    void decide(std::uint16_t status);
    void give_up_storing(bool is_for_long);
    void let_go();
    const cache::Policy& policy() const { return exchange_.decision_.route->cache->policy; }
    const Ref<cache::Account>& window_account();
    void say();

    http::Body& body() override { return no_body_; }
    Result<> put_interim(const http::Response& response) override;
    Result<> put_head(http::Response&, std::span<const Piece>, bool) override { return {}; }
    Result<> put(std::span<const Piece> pieces, bool is_last, const http::Fields* trailers) override;
    bool is_flushed() const override;
    io::Task<Result<>> flush(io::Deadline deadline) override;
    bool has_begun_reply() const override { return entry_.raw() != nullptr; }
    void abort() override {}
    void close_after() override {}
    void watch_client(io::Stop* gone, Duration) override { gone_ = gone; }
    std::uint64_t octets_out() const override { return 0; }
    std::uint64_t octets_in() const override { return 0; }
    [[noreturn]] net::Stream& raw() override;
    Piece take_buffered() override { return {}; }

    void readers_moved() override;

    // A request without one.
    class NoBody final : public http::Body {
        void set_pace(const http::Pace&) override {}
        Result<Piece> ready() override { return Piece{}; }
        io::Task<Result<>> wait() override { co_return Result<>{}; }
        bool is_done() const override { return true; }
        std::uint64_t octets() const override { return 0; }
    };

    Lane& lane_;
    NoBody no_body_;
    Exchange exchange_;
    Exchange* asker_;  // until it has been told
    Fetch** asker_at_ = nullptr;
    Ref<cache::Zone> zone_;
    Ref<cache::Fill> fill_;
    Ref<cache::Fill> told_;  // of the manifest that came with the slice
    std::string_view key_;
    std::uint32_t slice_octets_;
    std::uint64_t slice_;
    Ref<cache::Entry> manifest_;
    std::uint64_t manifest_hash_;
    Ref<cache::Entry> known_;
    Ref<cache::Entry> entry_;
    Ref<cache::Account> window_;  // what has not been read yet of a body that is let go
    cache::ResponseDirectives directives_;
    WallTime asked_{};
    std::uint64_t born_;
    io::Stop* gone_ = nullptr;
    io::Event moved_;
    bool is_background_;
    bool was_told_ = false;  // the asker tells of the origin in its own name
    bool is_stored_ = false;
    bool is_let_go_ = false;
    bool owes_news_ = false;
};

}  // namespace weir::proxy
