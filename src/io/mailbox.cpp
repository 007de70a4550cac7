#include "io/mailbox.h"

namespace weir::io {

Mailbox::Mailbox() : cells_(std::make_unique<std::array<Cell, kMessagesMax>>()) {
    for (std::size_t i = 0; i < kMessagesMax; ++i) (*cells_)[i].sequence.store(i, std::memory_order_relaxed);
}

bool Mailbox::push(Message& message) {
    auto at = tail_.load(std::memory_order_relaxed);
    for (;;) {
        auto& cell = (*cells_)[at % kMessagesMax];
        const auto sequence = cell.sequence.load(std::memory_order_acquire);
        if (sequence < at) return false;  // full: the cell still holds a message of the last round
        if (sequence > at) {
            at = tail_.load(std::memory_order_relaxed);
            continue;
        }
        if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        cell.message = std::move(message);
        cell.sequence.store(at + 1, std::memory_order_release);
        return true;
    }
}

bool Mailbox::pop(Message& message) {
    auto& cell = (*cells_)[head_ % kMessagesMax];
    if (cell.sequence.load(std::memory_order_acquire) != head_ + 1) return false;
    message = std::move(cell.message);
    cell.message = nullptr;
    cell.sequence.store(head_ + kMessagesMax, std::memory_order_release);
    ++head_;
    return true;
}

}  // namespace weir::io
