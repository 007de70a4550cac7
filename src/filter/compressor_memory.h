// CompressorMemory: where the encoders of one worker have their memory. What one gives back the next one takes: in steady state nothing
// is asked of the heap. Limits: kUsedMax octets of encoders at work, beyond it there is no other one and answers go as they are;
// kKeptMax octets, in kBlocksMax blocks, that wait to be used again. Thread: the worker's.
#pragma once

#include <array>
#include <cstddef>

namespace weir::filter {

class CompressorMemory {
public:
    static constexpr std::size_t kUsedMax = 128U * 1024 * 1024;
    static constexpr std::size_t kKeptMax = 8U * 1024 * 1024;
    static constexpr std::size_t kBlocksMax = 48;

    CompressorMemory() = default;
    CompressorMemory(const CompressorMemory&) = delete;
    CompressorMemory& operator=(const CompressorMemory&) = delete;
    ~CompressorMemory();

    // An encoder that needs at most so much begins, and ends.
    bool reserve(std::size_t octets);
    void release(std::size_t octets) { reserved_ -= octets; }

    // As malloc() and free(); nullptr when the machine has no more.
    void* take(std::size_t octets);
    void give(void* memory);

    // A context of a library that keeps its own memory, to be used again; nullptr: none is there. `give_idle` takes it or says no.
    void* take_idle();
    bool give_idle(void* context);
    using Discard = void (*)(void* context);
    void set_discard(Discard discard) { discard_ = discard; }

    std::size_t reserved() const { return reserved_; }
    std::size_t used() const { return used_; }
    std::size_t kept() const { return kept_; }

private:
    static constexpr std::size_t kIdleMax = 4;
    struct Block {
        void* memory;
        std::size_t octets;
    };

    std::size_t reserved_ = 0;
    std::size_t used_ = 0;
    std::size_t kept_ = 0;
    std::size_t blocks_count_ = 0;
    std::array<Block, kBlocksMax> blocks_{};
    std::size_t idle_count_ = 0;
    std::array<void*, kIdleMax> idle_{};
    Discard discard_ = nullptr;
};

}  // namespace weir::filter
