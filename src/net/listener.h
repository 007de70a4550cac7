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
    static constexpr int kAcceptsATurnMax = 64;   // then others get their turn
    static constexpr int kLastAcceptsMax = 4096;  // after the stop: a backlog's worth
    static constexpr Duration kPause = std::chrono::milliseconds(100);
    static constexpr Duration kReportEvery = std::chrono::seconds(10);  // one line about a shortage, however often it comes back

    // Takes over a listening descriptor (its own, or one of socket activation).
    explicit Listener(io::Handle listening);

    // Accepts until stopped, and then those who wait already; each connection goes to `take`.
    io::Task<> run(std::move_only_function<void(Accepted)> take, io::Stop& stop);
    Address local();

    std::uint64_t pauses() const { return pauses_; }

private:
    // Takes what waits, kAcceptsATurnMax at most. The errno that ended it; 0 when there may be more.
    int accept_some(std::move_only_function<void(Accepted)>& take);
    void report_shortage(int system_errno);
    void report_recovery();

    io::Socket socket_;
    bool is_short_ = false;
    std::uint64_t pauses_ = 0;
    TimePoint quiet_until_{};
};

// Opens a listening socket. The error's system_errno says why not.
Result<io::Handle> listen(const Address& at, const io::ListenOptions& options);
// Takes over a listening socket that somebody else has opened (socket activation, a process before this one) and sets it up like one of
// our own: it must not block, and must not be handed down to children.
Result<io::Handle> adopt_listening(int descriptor);

}  // namespace weir::net
