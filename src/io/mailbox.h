// Mailbox: a bounded queue of work for a worker, from any thread, without locks (Vyukov's bounded queue: a sequence number a cell).
// A refused message stays with the sender.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace weir::io {

class Mailbox {
public:
    using Message = std::move_only_function<void()>;
    static constexpr std::size_t kMessagesMax = 4096;

    Mailbox();
    bool push(Message& message);  // any thread; moves from `message` only when it is taken
    bool pop(Message& message);   // the owner's thread

private:
    struct Cell {
        std::atomic<std::uint64_t> sequence;
        Message message;
    };
    std::unique_ptr<std::array<Cell, kMessagesMax>> cells_;
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    alignas(64) std::uint64_t head_ = 0;
};

}  // namespace weir::io
