#include "proxy/news.h"

#include "io/event.h"
#include "proxy/lane.h"

namespace weir::proxy {
namespace {

io::Task<> tell_later(io::Worker& worker, Ref<cache::Fill> fill) {
    bool are_all_told = false;
    while (!are_all_told) {
        co_await io::sleep_until(worker.now() + kLookAgain);
        are_all_told = fill->announce();
    }
    fill->set_owing(false);
}

}  // namespace

void announce(Lane& lane, const Ref<cache::Fill>& fill) {
    if (fill->announce() || fill->is_owing()) return;
    fill->set_owing(true);
    lane.sessions().spawn(tell_later(lane.worker(), fill));
}

}  // namespace weir::proxy
