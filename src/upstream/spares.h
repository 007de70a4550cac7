// Spares: connects to one peer that another peer's has outrun (group_race.cpp). They go on for their time: whoever connects to this peer
// next finds one that is ready, and one that fails speaks against its peer. Owner: the Pool. Thread: the worker's. Limit: kMax of them,
// each until its time.
#pragma once

#include <memory>

#include "net/stream.h"

namespace weir::upstream {

class Pool;

class Spares {
public:
    static constexpr std::size_t kMax = 8;
    static constexpr Duration kReadyTime = std::chrono::seconds(5);  // servers don't wait long for who says nothing

    explicit Spares(Pool& pool) : pool_(pool) {}
    Spares(const Spares&) = delete;
    Spares& operator=(const Spares&) = delete;
    ~Spares() { close_all(); }

    // A connect that is under way, until then. Closed when there are kMax.
    void add(std::unique_ptr<net::SocketStream> stream, TimePoint until);
    // One that is connected; nullptr: there is none.
    std::unique_ptr<net::Stream> take();
    // Those whose time is over.
    void close_due(TimePoint now);
    void close_all();
    TimePoint soonest() const;
    std::size_t size() const { return size_; }

private:
    struct One;
    std::unique_ptr<net::SocketStream> remove(One& one);
    void failed(One& one, const Error& error);

    Pool& pool_;
    One* first_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace weir::upstream
