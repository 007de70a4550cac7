// DemoOrigin: the demo shop on a thread of its own, at a free port of 127.0.0.1. Owner: `weir demo`.
#pragma once

#include <cstdint>
#include <latch>
#include <string>
#include <thread>

#include "io/deadline.h"
#include "io/worker.h"

namespace weir::cli {

class DemoOrigin {
public:
    DemoOrigin();
    DemoOrigin(const DemoOrigin&) = delete;
    DemoOrigin& operator=(const DemoOrigin&) = delete;
    // Ends the visits and joins.
    ~DemoOrigin();

    // 0 when it could not listen.
    std::uint16_t port() const { return port_; }

private:
    void run();

    io::Worker worker_;
    io::Stop* stop_ = nullptr;  // of the thread; set before it is listening
    std::uint16_t port_ = 0;
    std::latch is_listening_{1};
    std::thread thread_;
};

}  // namespace weir::cli
