#include "upstream/spares.h"

#include <algorithm>

#include "io/worker.h"
#include "net/connect.h"
#include "upstream/group_view.h"

namespace weir::upstream {

struct Spares::One final : io::EdgeHook {
    One(Spares& spares, std::unique_ptr<net::SocketStream> connecting, TimePoint end)
        : all(spares), stream(std::move(connecting)), until(end), next(std::exchange(spares.first_, this)) {
        stream->readiness().set_hook(this);
        ++all.size_;
    }
    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    void on_edge(io::Readiness& readiness) override {
        if (!is_connected && readiness.may_write()) {
            const auto connected = net::end_connect(*stream);
            if (!connected) return all.failed(*this, connected.error());
            is_connected = true;
            until = io::Worker::current().now() + kReadyTime;
        }
        // Nobody has asked for anything: what says something all the same is no server, or has gone.
        if (is_connected && has_sign()) all.remove(*this);
    }
    bool has_sign() const {
        const auto& readiness = stream->readiness();
        return readiness.may_read() || readiness.saw_end() || readiness.is_broken();
    }

    Spares& all;
    std::unique_ptr<net::SocketStream> stream;
    TimePoint until;
    One* next;
    bool is_connected = false;
};

void Spares::add(std::unique_ptr<net::SocketStream> stream, TimePoint until) {
    if (size_ == kMax) return;
    new One(*this, std::move(stream), until);
}

std::unique_ptr<net::SocketStream> Spares::remove(One& one) {
    auto** at = &first_;
    while (*at != &one) at = &(*at)->next;
    *at = one.next;
    --size_;
    auto stream = std::move(one.stream);
    stream->readiness().set_hook(nullptr);
    delete &one;
    return stream;
}

void Spares::failed(One& one, const Error& error) {
    remove(one);
    pool_.view().connect_failed(pool_.peer(), error);
}

std::unique_ptr<net::Stream> Spares::take() {
    for (auto* one = first_; one != nullptr; one = one->next)
        if (one->is_connected) return remove(*one);
    return nullptr;
}

void Spares::close_due(TimePoint now) {
    for (auto* one = first_; one != nullptr;) {
        auto& due = *one;
        one = one->next;
        if (due.until > now) continue;
        if (due.is_connected) remove(due);
        else failed(due, {.code = ErrorCode::timeout, .side = Side::upstream, .detail = "no connection within its time"});
    }
}

void Spares::close_all() {
    while (first_ != nullptr) remove(*first_);
}

TimePoint Spares::soonest() const {
    auto soonest = kNever;
    for (const auto* one = first_; one != nullptr; one = one->next) soonest = std::min(soonest, one->until);
    return soonest;
}

}  // namespace weir::upstream
