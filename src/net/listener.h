// Listener: accepts connections on one address for one worker. When descriptors run out it pauses, says so once, and goes on later;
// it never spins. Thread: the worker's.
#pragma once

#include <functional>
#include <memory>

#include "io/scope.h"
#include "net/address.h"
#include "net/stream.h"

namespace weir::net {

struct Accepted {
    io::Handle handle = io::kNoHandle;
    Address peer;
};

class Listener {
public:
    static constexpr int kAcceptsATurnMax = 64;  // then others get their turn
    static constexpr Duration kPause = std::chrono::milliseconds(100);

    // Takes over a listening descriptor (its own, or one of socket activation).
    explicit Listener(io::Handle listening);

    // Accepts until stopped; each connection goes to `take`.
    io::Task<> run(std::move_only_function<void(Accepted)> take, io::Stop& stop);
    Address local();

private:
    void report_shortage(int system_errno);
    io::Socket socket_;
    bool is_short_ = false;
};

// Opens a listening socket. The error's system_errno says why not.
Result<io::Handle> listen(const Address& at, const io::ListenOptions& options);

}  // namespace weir::net
