// Fetch: an exchange apart from all clients, whose own client is the cache: a copy of the request that asked for it, walked by Forward as
// any other, its answer taken in by an Intake. It does not end with the client that began it. For what no client leads himself
// (proxy/lead): revalidations, slices, requests that are not asked as they came. Spawned in the lane's scope, owns itself; thread: the
// worker's.
#pragma once

#include <memory>

#include "io/frame_pool.h"
#include "proxy/intake.h"
#include "proxy/lane.h"

namespace weir::proxy {

// Before the exchange that uses them, after it when they end.
struct FetchMemory {
    FetchMemory(Lane& lane, const Snapshot& in_use) : snapshot(lane, lane.held(in_use)) {}
    const SnapshotUse snapshot;
    Arena arena;
};

class Fetch final : private FetchMemory, private http::Inbound {
public:
    using Order = Intake::Order;

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
    // False: ask again, for something else.
    io::Task<bool> ask();
    void copy_request(const Exchange& asker, std::string_view target);
    void copy_facts(const Exchange& asker);
    void tell_asker();

    http::Body& body() override { return no_body_; }
    Result<> put_interim(const http::Response& response) override;
    Result<> put_head(http::Response&, std::span<const Piece>, bool) override { return {}; }
    Result<> put(std::span<const Piece>, bool, const http::Fields*) override { return {}; }
    bool is_flushed() const override { return true; }
    io::Task<Result<>> flush(io::Deadline) override { co_return Result<>{}; }
    bool has_begun_reply() const override { return false; }
    void abort() override {}
    void close_after() override {}
    void watch_client(io::Stop*, Duration) override {}
    std::uint64_t octets_out() const override { return 0; }
    std::uint64_t octets_in() const override { return 0; }
    [[noreturn]] net::Stream& raw() override;
    Piece take_buffered() override { return {}; }

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
    Intake intake_;
    bool was_told_ = false;  // the asker tells of the origin in its own name
};

}  // namespace weir::proxy
