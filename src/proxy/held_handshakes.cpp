#include "proxy/held_handshakes.h"

#include "observe/worker_metrics.h"
#include "proxy/lane.h"

namespace weir::proxy {

io::Task<Ref<const tls::Live>> HeldHandshakes::wait_for(std::string_view server_name, io::Stop* stop) {
    lane_.demand(server_name);
    if (held_.size() >= kHeldMax) co_return lane_.live();
    Held held{.name = server_name, .over = {}};
    held_.push_back(&held);
    lane_.metrics().tls.held.add();
    co_await held.over.wait({lane_.worker().now() + kTimeMax, stop});
    lane_.metrics().tls.held.subtract();
    std::erase(held_, &held);
    co_return lane_.live();
}

void HeldHandshakes::look_again() {
    for (auto* held : held_)
        if (!lane_.live()->lacks(held->name)) held->over.notify();
}

void HeldHandshakes::refuse(std::string_view server_name) {
    for (auto* held : held_)
        if (held->name == server_name) held->over.notify();
}

}  // namespace weir::proxy
