#include "proxy/linger.h"

#include "io/worker.h"
#include "net/stream.h"

namespace weir::proxy {
namespace {

constexpr Duration kLingerTime = std::chrono::seconds(2);
constexpr std::size_t kLingerOctetsMax = 1024 * 1024;

}  // namespace

io::Task<> linger(net::Stream& stream, io::Stop& stopping) {
    stream.close_write();
    auto chunk = Chunk::take(Chunk::kMedium);
    const io::Deadline deadline{io::Worker::current().now() + kLingerTime, &stopping};
    for (std::size_t taken = 0; taken < kLingerOctetsMax;) {
        const auto count = stream.read({chunk.data(), chunk.size()});
        if (count.is_some()) {
            taken += count.octets();
            continue;
        }
        if (!count.is_blocked()) break;
        const auto ready = co_await stream.readable(deadline);
        if (!ready) break;
    }
}

}  // namespace weir::proxy
