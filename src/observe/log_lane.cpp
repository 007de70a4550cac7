#include "observe/log_lane.h"

#include <algorithm>
#include <new>
#include <utility>

#include "observe/log_bell.h"

namespace weir::observe {

struct LogLane::Block {
    std::atomic<std::uint32_t> committed{0};  // the worker's: octets that are whole lines
    std::atomic<std::uint32_t> written{0};    // the writer's
    std::uint32_t capacity = 0;
    std::atomic<Block*> next{nullptr};  // set by the worker when nothing will be committed here any more
    Block* next_spare = nullptr;

    char* data() { return reinterpret_cast<char*>(this + 1); }

    static Block* make(std::size_t capacity) {
        auto* block = new (::operator new(sizeof(Block) + capacity)) Block;
        block->capacity = static_cast<std::uint32_t>(capacity);
        return block;
    }
    static void destroy(Block* block) {
        block->~Block();
        ::operator delete(block);
    }
    void clear() {
        committed.store(0, std::memory_order_relaxed);
        written.store(0, std::memory_order_relaxed);
        next.store(nullptr, std::memory_order_relaxed);
        next_spare = nullptr;
    }
};

LogLane::~LogLane() {
    release_spares();
    for (auto* block = head_ != nullptr ? head_ : first_.load(); block != nullptr;) {
        auto* next = block->next.load();
        Block::destroy(block);
        block = next;
    }
}

void LogLane::commit(char* end) {
    at_ = end;
    lines_.add();
    tail_->committed.store(static_cast<std::uint32_t>(end - tail_->data()), std::memory_order_release);
}

// A block that filled up before the writer came by belongs to a busy lane: the next one is large. So ten thousand quiet logs hold
// 4 KiB each, and a busy one is written in batches.
std::size_t LogLane::next_size(std::size_t octets) const {
    const bool is_busy = tail_ != nullptr && tail_->written.load(std::memory_order_relaxed) == 0;
    return std::max(octets, is_busy ? kLargeBlock : kSmallBlock);
}

char* LogLane::reserve_slow(std::size_t octets) {
    const auto capacity = next_size(octets);
    const auto held = taken_octets_ - freed_octets_.load(std::memory_order_relaxed);
    if (held + capacity > octets_max_) {
        dropped_.add();
        bell_.ring();
        return nullptr;
    }
    auto* block = take_spare(capacity);
    if (block == nullptr) block = Block::make(capacity);
    taken_octets_ += block->capacity;
    if (tail_ == nullptr) first_.store(block, std::memory_order_release);
    else tail_->next.store(block, std::memory_order_release);
    tail_ = block;
    at_ = block->data();
    end_ = at_ + block->capacity;
    if (held >= kRingOctets) bell_.ring();
    return at_;
}

// Both sides take all spares at once and put back what they don't need; nobody ever takes a single one: no ABA.
LogLane::Block* LogLane::take_spare(std::size_t capacity) {
    if (spares_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    auto* block = spares_.exchange(nullptr, std::memory_order_acquire);
    spare_count_.store(0, std::memory_order_relaxed);
    while (block != nullptr && block->capacity < capacity) Block::destroy(std::exchange(block, block->next_spare));
    if (block == nullptr) return nullptr;
    if (auto* rest = block->next_spare; rest != nullptr) {
        auto* last = rest;
        while (last->next_spare != nullptr) last = last->next_spare;
        give_spares(rest, last);
    }
    block->clear();
    return block;
}

void LogLane::give_spares(Block* first, Block* last) {
    auto* top = spares_.load(std::memory_order_relaxed);
    std::uint32_t count = 1;
    for (auto* block = first; block != last; block = block->next_spare) ++count;
    do last->next_spare = top;
    while (!spares_.compare_exchange_weak(top, first, std::memory_order_release, std::memory_order_relaxed));
    spare_count_.fetch_add(count, std::memory_order_relaxed);
}

void LogLane::release_spares() {
    auto* block = spares_.exchange(nullptr, std::memory_order_acquire);
    spare_count_.store(0, std::memory_order_relaxed);
    while (block != nullptr) Block::destroy(std::exchange(block, block->next_spare));
}

void LogLane::recycle(Block* block) {
    freed_octets_.store(freed_octets_.load(std::memory_order_relaxed) + block->capacity, std::memory_order_relaxed);
    const bool is_odd = block->capacity > kLargeBlock;
    if (is_odd || spare_count_.load(std::memory_order_relaxed) >= kSpareBlocksMax) return Block::destroy(block);
    block->next_spare = nullptr;
    give_spares(block, block);
}

std::size_t LogLane::gather(std::span<iovec> out) {
    if (head_ == nullptr) head_ = first_.load(std::memory_order_acquire);
    std::size_t count = 0;
    for (auto* block = head_; block != nullptr && count < out.size();) {
        // Next before committed: with a next one, what is committed here is final.
        auto* next = block->next.load(std::memory_order_acquire);
        const auto committed = block->committed.load(std::memory_order_acquire);
        const auto written = block->written.load(std::memory_order_relaxed);
        if (committed > written) out[count++] = {.iov_base = block->data() + written, .iov_len = committed - written};
        block = next;
    }
    return count;
}

void LogLane::consume(std::size_t octets) {
    while (head_ != nullptr) {
        auto* next = head_->next.load(std::memory_order_acquire);
        const auto committed = head_->committed.load(std::memory_order_acquire);
        const auto written = head_->written.load(std::memory_order_relaxed);
        const auto step = std::min<std::size_t>(octets, committed - written);
        octets -= step;
        head_->written.store(static_cast<std::uint32_t>(written + step), std::memory_order_relaxed);
        if (next == nullptr || written + step < committed) return;
        recycle(std::exchange(head_, next));
    }
}

}  // namespace weir::observe
