// Segments: the octets of a stored body, a chain of blocks that grows at its end while readers follow. One writer at a time; readers on any
// thread. A block keeps the one behind it: whoever holds a block holds all that came later, and what nobody holds from the front goes. So a
// body that is not to be kept costs only what its slowest reader has not taken yet. A small body whose length is known lies in one block
// with its own description.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <string_view>

#include "base/chunk.h"
#include "base/spin_lock.h"
#include "cache/blocks.h"

namespace weir::cache {

class Segment : public Counted {
public:
    // `front`: octets ahead of those of the body, for who describes it.
    static Ref<Segment> make(const Ref<Account>& account, std::size_t octets, std::size_t front = 0);
    ~Segment();
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;
    static void operator delete(Segment* segment, std::destroying_delete_t);
    // For pieces: ends a reference that was handed over to a lent Chunk.
    static void give_back(void* segment);

    void* front() { return this + 1; }
    char* octets() { return reinterpret_cast<char*>(this + 1) + front_; }
    std::uint32_t capacity() const { return capacity_; }

private:
    friend class Segments;
    friend class SegmentReader;
    Segment(const Ref<Account>& account, std::uint32_t capacity, std::uint32_t front)
        : front_(front), account_(account), capacity_(capacity) {}
    std::size_t block_octets() const { return sizeof(Segment) + front_ + capacity_; }

    std::uint32_t front_;
    Ref<Segment> next_;  // set before the octets in it are published; read by those who have heard of them
    Ref<Account> account_;
    std::uint32_t capacity_;
};

// A body as it is known by now. Shared by the answer that brought it and those that only renewed its head.
class Segments : public Counted {
public:
    static constexpr std::size_t kFirst = 4 * 1024;      // of a body of unknown length; each further one is twice as large …
    static constexpr std::size_t kGrownMax = 64 * 1024;  // … up to this
    static constexpr std::size_t kLargest = 256 * 1024;  // of a body whose length is known
    static constexpr std::size_t kTogether = 4 * 1024;   // of a body that lies in one block with this

    // `expected`: the length of the body, or of what is at hand of it when its length is not known.
    static Ref<Segments> make(const Ref<Account>& account, std::uint64_t expected, bool is_length);
    // One of this length is made in a moment.
    static void expect(std::uint64_t expected);
    Segments(const Ref<Account>& account, std::uint64_t expected, bool is_length);
    ~Segments();
    static void* operator new(std::size_t octets) = delete;  // make() knows where
    static void* operator new(std::size_t /*octets*/, void* at) { return at; }
    static void operator delete(Segments* body, std::destroying_delete_t);

    // The writer's.
    void append(std::string_view octets);
    // The writer's: there will be no more.
    void close();
    // The writer's: what is stored so far goes when its readers have taken it, and so does what comes, which is on this account.
    void let_go(const Ref<Account>& account);

    // How many octets there are. What a reader has seen here it may read.
    std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
    // Where a reader begins; none when that has been let go.
    Ref<Segment> first() const;
    const Ref<Account>& account() const { return home_ ? home_->account_ : account_; }

private:
    Segments(Ref<Segment> home, std::uint64_t expected);
    void grow();
    void fulfil(std::uint64_t octets);

    Ref<Segment> home_;  // whose block this lies in, and where the body begins; none: a block of its own
    Ref<Account> account_;
    Ref<Account> growth_;    // pays for the segments that come; none: as for the others
    mutable SpinLock lock_;  // of first_: readers come while the writer lets go
    Ref<Segment> first_;
    Segment* last_ = nullptr;  // that is written to
    Ref<Segment> held_;        // the same, once nothing before it is kept
    std::uint64_t expected_;   // 0: not known
    // Still to come, and on the account already: there is room for what begins to come in, whatever else comes in beside it.
    std::uint64_t promised_ = 0;
    std::size_t last_used_ = 0;
    std::atomic<std::uint64_t> size_{0};
};

// One reader's place in a body. Its thread's own.
class SegmentReader {
public:
    SegmentReader(const Segments& segments, std::uint64_t begin) : at_(segments.first()), skip_(begin) {}

    // The next octets of those that `size` promises, at most `octets_max`, in one piece that keeps them. Empty when there are no more yet.
    Piece take(std::uint64_t size, std::uint64_t octets_max);
    // False: the beginning had been let go already, or there never was any.
    bool has_place() const { return static_cast<bool>(at_); }
    // Octets of the body that have been passed: skipped and taken ones.
    std::uint64_t position() const { return position_; }

private:
    std::size_t step(std::uint64_t octets);  // at most so many, within one segment

    Ref<Segment> at_;
    std::size_t offset_ = 0;
    std::uint64_t position_ = 0;
    std::uint64_t skip_;  // octets still to pass without being taken
};

}  // namespace weir::cache
