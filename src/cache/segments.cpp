#include "cache/segments.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/prefetch.h"

namespace weir::cache {

Ref<Segment> Segment::make(const Ref<Account>& account, std::size_t octets, std::size_t front) {
    const auto all = sizeof(Segment) + front + octets;
    account->take(Blocks::footprint_of(all));
    return Ref<Segment>(new (Blocks::take(all)) Segment(account, static_cast<std::uint32_t>(octets), static_cast<std::uint32_t>(front)));
}

void Segment::operator delete(Segment* segment, std::destroying_delete_t) {
    const auto octets = segment->block_octets();
    segment->~Segment();
    Blocks::give(segment, octets);
}

void Segment::give_back(void* segment) { static_cast<void>(Ref<Segment>::adopt(static_cast<Segment*>(segment))); }

// A long chain ends here one by one, not by each one's end inside of the last one's.
Segment::~Segment() {
    account_->give(Blocks::footprint_of(block_octets()));
    auto next = std::move(next_);
    while (next.is_unique()) {
        auto after = std::move(next->next_);
        next = std::move(after);
    }
}

Ref<Segments> Segments::make(const Ref<Account>& account, std::uint64_t expected, bool is_length) {
    if (!is_length || expected > kTogether)
        return Ref<Segments>(new (Blocks::take(sizeof(Segments))) Segments(account, expected, is_length));
    auto home = Segment::make(account, static_cast<std::size_t>(expected), sizeof(Segments));
    auto* const at = home->front();
    return Ref<Segments>(new (at) Segments(std::move(home), expected));
}

void Segments::expect(std::uint64_t expected) {
    if (expected > kTogether) return;
    const auto octets = sizeof(Segment) + sizeof(Segments) + static_cast<std::size_t>(expected);
    if (const auto* const next = Blocks::next(octets)) prefetch(next, octets);
}

void Segments::operator delete(Segments* body, std::destroying_delete_t) {
    const auto home = std::move(body->home_);
    body->~Segments();
    if (!home) Blocks::give(body, sizeof(Segments));
}

Segments::Segments(Ref<Segment> home, std::uint64_t expected) : home_(std::move(home)), last_(home_.raw()), expected_(expected) {
    static_assert(sizeof(Segment) % alignof(Segments) == 0);
}

Segments::Segments(const Ref<Account>& account, std::uint64_t expected, bool is_length)
    : account_(account), expected_(is_length ? expected : 0) {
    account_->take(Blocks::footprint_of(sizeof *this));
    const auto octets = is_length ? std::min<std::uint64_t>(expected, kLargest) : std::clamp<std::uint64_t>(expected, kFirst, kLargest);
    first_ = Segment::make(account, octets);
    last_ = first_.raw();
    promised_ = expected_ - std::min(expected_, octets);
    account_->take(promised_);
}

void Segments::fulfil(std::uint64_t octets) {
    const auto fulfilled = std::min(octets, promised_);
    promised_ -= fulfilled;
    if (fulfilled != 0) account_->give(fulfilled);
}

void Segments::close() {
    last_ = nullptr;
    held_ = {};
    fulfil(promised_);
}

Segments::~Segments() {
    fulfil(promised_);
    if (account_) account_->give(Blocks::footprint_of(sizeof *this));
}

void Segments::grow() {
    const auto have = size_.load(std::memory_order_relaxed);
    std::uint64_t octets = std::clamp<std::uint64_t>(std::uint64_t{2} * last_->capacity(), kFirst, kGrownMax);
    if (expected_ > have) octets = std::min<std::uint64_t>(expected_ - have, kLargest);
    fulfil(octets);
    last_->next_ = Segment::make(growth_ ? growth_ : account(), octets);
    last_ = last_->next_.raw();
    last_used_ = 0;
    if (held_) held_ = Ref<Segment>(last_);
}

void Segments::append(std::string_view octets) {
    while (!octets.empty()) {
        if (last_used_ == last_->capacity()) grow();
        const auto taken = std::min(octets.size(), last_->capacity() - last_used_);
        std::memcpy(last_->octets() + last_used_, octets.data(), taken);
        last_used_ += taken;
        octets.remove_prefix(taken);
        size_.store(size_.load(std::memory_order_relaxed) + taken, std::memory_order_release);
    }
}

void Segments::let_go(const Ref<Account>& account) {
    growth_ = account;
    expected_ = 0;
    fulfil(promised_);
    if (home_) return;  // its beginning lies where this does
    held_ = Ref<Segment>(last_);
    Ref<Segment> first;
    const Spinning spinning(lock_);
    first = std::exchange(first_, {});
}

Ref<Segment> Segments::first() const {
    if (home_) return home_;
    const Spinning spinning(lock_);
    return first_;
}

std::size_t SegmentReader::step(std::uint64_t octets) {
    if (offset_ == at_->capacity()) {
        at_ = at_->next_;
        offset_ = 0;
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(octets, at_->capacity() - offset_));
    offset_ += count;
    position_ += count;
    return count;
}

Piece SegmentReader::take(std::uint64_t size, std::uint64_t octets_max) {
    if (!at_) return {};
    while (skip_ != 0 && position_ < size) skip_ -= step(std::min(skip_, size - position_));
    const auto octets = std::min(octets_max, size - position_);
    if (octets == 0 || skip_ != 0) return {};
    const auto count = step(octets);
    return {.octets = {at_->octets() + offset_ - count, count}, .owner = Chunk::lend(Ref(at_).release(), &Segment::give_back)};
}

}  // namespace weir::cache
