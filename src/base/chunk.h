// Chunk: a reference-counted block of octets from the worker's pool. Bodies travel as Pieces: views that keep their Chunk alive.
// Thread: a Chunk belongs to the thread that took it; counts are not atomic. Limit: the pool keeps kPooledOctetsMax free octets
// a thread, what is above goes back to the allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace weir {

class Chunk {
public:
    static constexpr std::size_t kSmall = 4 * 1024;    // request heads
    static constexpr std::size_t kMedium = 16 * 1024;  // response heads, bodies that trickle
    static constexpr std::size_t kLarge = 64 * 1024;   // bodies that flow
    static constexpr std::size_t kPooledOctetsMax = 16 * 1024 * 1024;

    Chunk() = default;
    Chunk(const Chunk& other) : block_(other.block_) { hold(); }
    Chunk(Chunk&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Chunk& operator=(Chunk other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Chunk() { drop(); }

    // A block of at least `octets`: one of the three pooled sizes, or an exact one from the allocator when larger.
    static Chunk take(std::size_t octets);

    // Something that others own and share, kept alive while octets of it are on their way: when the last copy goes, `give_back` is called
    // with it, on this thread. Such a Chunk has no octets of its own.
    using GiveBack = void (*)(void* thing);
    static Chunk lend(void* thing, GiveBack give_back);

    explicit operator bool() const { return block_ != nullptr; }
    char* data() const { return reinterpret_cast<char*>(block_ + 1); }
    std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
    bool is_shared() const { return block_ != nullptr && block_->references > 1; }
    void reset() { drop(), block_ = nullptr; }

    // Chunks of this thread that are in use, for the oracle "all return to zero".
    static std::size_t in_use();

private:
    struct alignas(16) Block {
        std::uint32_t references;
        std::uint32_t size;
        Block* next_free;
    };
    struct Loan : Block {
        void* thing;
        GiveBack give_back;
    };
    friend class ChunkPool;

    explicit Chunk(Block* block) : block_(block) {}
    void hold() const {
        if (block_ != nullptr) ++block_->references;
    }
    void drop() const {
        if (block_ != nullptr && --block_->references == 0) release(block_);
    }
    static void release(Block* block);

    Block* block_ = nullptr;
};

// Some octets of a body. An empty Chunk with a non-empty view means static or arena memory that outlives the exchange.
struct Piece {
    std::string_view octets;
    Chunk owner;

    bool empty() const { return octets.empty(); }
    std::size_t size() const { return octets.size(); }
};

}  // namespace weir
