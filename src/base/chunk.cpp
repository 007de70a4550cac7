#include "base/chunk.h"

#include <array>
#include <new>

namespace weir {

// Free lists of one thread, one a pooled size. Without a constructor or destructor to run, so that reaching it is one instruction: a
// ChunkReaper empties it at the thread's end.
class ChunkPool {
public:
    Chunk::Block* take(std::size_t octets) {
        ++in_use_;
        const int index = class_of(octets);
        if (index < 0) return make(octets);
        auto*& head = free_[static_cast<std::size_t>(index)];
        if (head == nullptr) return make(kSizes[static_cast<std::size_t>(index)]);
        auto* block = std::exchange(head, head->next_free);
        pooled_octets_ -= block->size;
        block->references = 1;
        return block;
    }

    Chunk::Block* lend(void* thing, Chunk::GiveBack give_back) {
        ++in_use_;
        auto* loan = static_cast<Chunk::Loan*>(free_loans_);
        if (loan == nullptr) {
            set_up_reaper();
            loan = static_cast<Chunk::Loan*>(::operator new(sizeof(Chunk::Loan)));
        } else {
            free_loans_ = loan->next_free;
            pooled_octets_ -= sizeof(Chunk::Loan);
        }
        return new (loan) Chunk::Loan{{.references = 1, .size = 0, .next_free = nullptr}, thing, give_back};
    }

    void give(Chunk::Block* block) {
        --in_use_;
        if (block->size == 0) return end_loan(static_cast<Chunk::Loan*>(block));
        const int index = class_of(block->size);
        const bool is_pooled_size = index >= 0 && kSizes[static_cast<std::size_t>(index)] == block->size;
        if (!is_pooled_size || pooled_octets_ + block->size > pooled_octets_max_) {
            ::operator delete(block);
            return;
        }
        pooled_octets_ += block->size;
        block->next_free = std::exchange(free_[static_cast<std::size_t>(index)], block);
    }

    std::size_t in_use() const { return in_use_; }
    void open() { pooled_octets_max_ = Chunk::kPooledOctetsMax; }
    void close() {
        pooled_octets_ = pooled_octets_max_ = 0;
        for (auto*& head : free_)
            while (head != nullptr) ::operator delete(std::exchange(head, head->next_free));
        while (free_loans_ != nullptr) ::operator delete(std::exchange(free_loans_, free_loans_->next_free));
    }

private:
    static constexpr std::array<std::size_t, 3> kSizes{Chunk::kSmall, Chunk::kMedium, Chunk::kLarge};

    static int class_of(std::size_t octets) {
        if (octets <= Chunk::kSmall) return 0;
        if (octets <= Chunk::kMedium) return 1;
        return octets <= Chunk::kLarge ? 2 : -1;
    }

    [[gnu::noinline]] static Chunk::Block* make(std::size_t octets) {
        set_up_reaper();
        void* memory = ::operator new(sizeof(Chunk::Block) + octets);
        return new (memory) Chunk::Block{.references = 1, .size = static_cast<std::uint32_t>(octets), .next_free = nullptr};
    }

    static void set_up_reaper();

    void end_loan(Chunk::Loan* loan) {
        const auto give_back = loan->give_back;
        auto* const thing = loan->thing;
        if (pooled_octets_ + sizeof(Chunk::Loan) > pooled_octets_max_) {
            ::operator delete(loan);
        } else {
            pooled_octets_ += sizeof(Chunk::Loan);
            loan->next_free = std::exchange(free_loans_, loan);
        }
        give_back(thing);
    }

    std::array<Chunk::Block*, kSizes.size()> free_{};
    Chunk::Block* free_loans_ = nullptr;
    std::size_t pooled_octets_ = 0;
    std::size_t pooled_octets_max_ = 0;  // zero before the first chunk and after the thread's end
    std::size_t in_use_ = 0;
};

namespace {
constinit thread_local ChunkPool tls_pool;

class ChunkReaper {
public:
    ChunkReaper() { tls_pool.open(); }
    ChunkReaper(const ChunkReaper&) = delete;
    ChunkReaper& operator=(const ChunkReaper&) = delete;
    ~ChunkReaper() { tls_pool.close(); }
    void touch() {}
};
}  // namespace

void ChunkPool::set_up_reaper() {
    thread_local ChunkReaper reaper;
    reaper.touch();
}

Chunk Chunk::take(std::size_t octets) { return Chunk(tls_pool.take(octets)); }
Chunk Chunk::lend(void* thing, GiveBack give_back) { return Chunk(tls_pool.lend(thing, give_back)); }
void Chunk::release(Block* block) { tls_pool.give(block); }
std::size_t Chunk::in_use() { return tls_pool.in_use(); }

}  // namespace weir
