#include "base/arena.h"

namespace weir {

void* Arena::allocate_slow(std::size_t octets, std::size_t alignment) {
    auto chunk = Chunk::take(octets + alignment + sizeof(Link));
    auto* memory = chunk.data();
    used_total_ += used_;
    used_ = 0;
    head_ = new (memory) Link{.chunk = std::move(chunk), .before = head_};
    return allocate(octets, alignment);
}

std::string_view Arena::concat(std::initializer_list<std::string_view> parts) {
    std::size_t total = 0;
    for (auto part : parts) total += part.size();
    if (total == 0) return {};
    auto* to = static_cast<char*>(allocate(total, 1));
    auto* at = to;
    for (auto part : parts) {
        if (part.empty()) continue;
        std::memcpy(at, part.data(), part.size());
        at += part.size();
    }
    return {to, total};
}

void Arena::reset() {
    while (head_ != nullptr) {
        // The link lives inside the chunk that it owns: move the chunk out before it goes.
        auto* before = head_->before;
        Chunk chunk = std::move(head_->chunk);
        head_->~Link();
        head_ = before;
    }
    used_ = 0;
    used_total_ = 0;
}

}  // namespace weir
