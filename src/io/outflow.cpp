#include "io/outflow.h"

#include <algorithm>
#include <utility>

#include "io/socket.h"
#include "io/worker.h"

namespace weir::io {

class Outflow::Straggler final : private EdgeHook, private Timer {
public:
    Straggler(Outflow& outflow, Handle handle, std::unique_ptr<std::string> rest)
        : Timer([](Timer& timer) { static_cast<Straggler&>(timer).leave(); }), outflow_(outflow), socket_(handle, std::move(rest)) {
        socket_.set_hook(this);
        auto& worker = outflow.worker_;
        worker.timers().arm(*this, worker.now() + kStraggleTime);
    }
    // Nobody takes a part of a reply for the whole.
    ~Straggler() {
        if (socket_.has_rest()) socket_.abort_on_close();
    }

private:
    void on_edge(Readiness&) override {
        if (!socket_.has_rest()) leave();
    }
    void leave() {
        std::erase_if(outflow_.stragglers_, [this](const auto& one) { return one.get() == this; });
    }

    Outflow& outflow_;
    Socket socket_;
};

Outflow::Outflow(Worker& worker) : worker_(worker), octets_(std::make_unique_for_overwrite<char[]>(kOctetsMax)) {}
Outflow::~Outflow() = default;

void Outflow::add(Socket& socket, std::span<const iovec> parts, std::size_t octets) {
    if (used_ + octets > kOctetsMax || count_ == kSendsMax) send();
    auto* to = octets_.get() + used_;
    for (const auto& part : parts) to = std::copy_n(static_cast<const char*>(part.iov_base), part.iov_len, to);
    used_ += octets;
    if (count_ != 0 && sendings_[count_ - 1].socket == &socket) sendings_[count_ - 1].octets += octets;
    else sendings_[count_++] = {.socket = &socket, .octets = octets};
}

void Outflow::send() {
    const auto* from = octets_.get();
    for (std::size_t i = 0; i < count_; ++i) {
        const auto& [socket, octets] = sendings_[i];
        socket->send_gathered({from, octets});
        from += octets;
    }
    used_ = count_ = 0;
}

void Outflow::finish_later(Handle handle, std::unique_ptr<std::string> rest) {
    auto& backend = worker_.backend();
    if (stragglers_.size() == kStragglersMax) return backend.close(handle, true);
    backend.unwatch(handle);
    stragglers_.push_back(std::make_unique<Straggler>(*this, handle, std::move(rest)));
}

}  // namespace weir::io
