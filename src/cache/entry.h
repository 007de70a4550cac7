// Entry: a stored answer. Its head never changes; its body grows while it is fetched and is then whole, or broken and of no use. Counted:
// the index holds one reference, whoever sends it another, so that an entry may leave the index while it is sent. One block of memory holds
// all but the body. Any thread reads; what the shard's lock protects says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "cache/account.h"
#include "cache/blocks.h"
#include "cache/encoded_forms.h"
#include "cache/fill.h"
#include "cache/freshness.h"
#include "cache/purges.h"
#include "cache/segments.h"
#include "cache/slicing.h"
#include "cache/validate.h"
#include "http/message.h"

namespace weir::cache {

struct Shelf;

// What an entry is made of. Everything is copied but the body, which is taken over.
struct EntryParts {
    const http::Response* response = nullptr;  // its fields: those that are stored, Date among them, none of framing, no Age
    Terms terms;
    std::string_view vary_names;  // Vary::names
    std::string_view variant;     // variant_key() of the request that brought it
    std::span<const TagCell> tags;
    std::uint64_t born = 0;  // Purges::now() when it was asked for
    std::optional<std::uint64_t> length;
    Ref<Segments> body;
    Slicing slicing;  // of a manifest, whose body is empty
};

class Entry : public Counted {
public:
    enum class State : std::uint8_t { filling, whole, broken };

    // On the body's account.
    static Ref<Entry> make(EntryParts&& parts);
    ~Entry();
    static void operator delete(Entry* entry, std::destroying_delete_t);

    const Terms& terms() const { return terms_; }
    const Validators& validators() const { return validators_; }
    std::string_view vary_names() const { return vary_names_; }
    std::string_view variant() const { return variant_; }
    std::string_view reason() const { return reason_; }
    std::span<const TagCell> tags() const { return tags_; }
    std::uint64_t born() const { return born_; }
    std::span<const http::Field> fields() const { return fields_; }
    std::uint16_t status() const { return terms_.status; }
    const Ref<Segments>& body() const { return body_; }
    // When there is any, the body is stored in slices, and body() is empty.
    const Slicing& slicing() const { return slicing_; }

    // Status and fields, as views: the response must not outlive this entry.
    void write_head(http::Response& response) const;

    State state() const { return state_.load(std::memory_order_acquire); }
    // Of the body, once it is known: by Content-Length, or at its end.
    std::optional<std::uint64_t> length() const;
    // The fetch's: before it announces the end.
    void end(bool is_whole);

    // From now on, whatever its lifetime: a soft purge makes it stale, an unsafe request invalid (RFC 9111 4.4).
    void mark_stale() { is_marked_stale_.store(true, std::memory_order_relaxed); }
    void mark_invalid() { is_invalid_.store(true, std::memory_order_relaxed); }
    // With these marks.
    Terms terms_now() const {
        auto terms = terms_;
        terms.is_marked_stale |= is_marked_stale_.load(std::memory_order_relaxed);
        terms.is_invalid |= is_invalid_.load(std::memory_order_relaxed);
        return terms;
    }
    // Somebody got it. Hits of many workers write here, but seldom: only the first few count.
    void touch() {
        const auto uses = uses_.load(std::memory_order_relaxed);
        if (uses < kUsesMax) uses_.store(static_cast<std::uint8_t>(uses + 1), std::memory_order_relaxed);
    }
    // The last purge that it was held against: none since, nothing to look up.
    std::uint64_t checked() const { return checked_.load(std::memory_order_relaxed); }
    void set_checked(std::uint64_t purge) { checked_.store(purge, std::memory_order_relaxed); }

    std::size_t head_octets() const { return Blocks::footprint_of(block_octets_); }
    // Of one that is stored: what it is in content codings.
    EncodedForms& forms() { return forms_; }
    const EncodedForms& forms() const { return forms_; }

    // The second in which the answer came that the disk has of it; 0: none. One that was only renewed since is written again after a while.
    static constexpr std::uint32_t kKeptAgainAfter = 600;
    std::uint32_t kept() const { return kept_.load(std::memory_order_relaxed); }
    bool is_to_be_kept() const { return second_ - kept() >= kKeptAgainAfter; }
    void inherit_kept(const Entry& renewed) { kept_.store(renewed.kept(), std::memory_order_relaxed); }
    void set_kept() { kept_.store(second_, std::memory_order_relaxed); }

private:
    friend class Shard;
    friend class Queue;
    friend struct Removed;
    static constexpr std::uint8_t kUsesMax = 3;
    enum class Place : std::uint8_t { nowhere, small, main };

    Entry(EntryParts& parts, std::size_t octets);
    char* copy_texts(const EntryParts& parts, char* at);
    void copy_fields(const http::Fields& from, http::Field* to, char* at);

    Terms terms_;
    std::span<const http::Field> fields_;
    std::string_view reason_, vary_names_, variant_;
    std::span<const TagCell> tags_;
    Validators validators_;
    Ref<Segments> body_;
    Slicing slicing_;
    EncodedForms forms_;
    std::uint64_t born_;
    std::atomic<std::uint64_t> checked_;
    std::uint64_t length_;
    std::uint32_t block_octets_;
    std::uint32_t second_;  // in which it came
    std::atomic<std::uint32_t> kept_{0};
    std::atomic<State> state_{State::filling};
    std::atomic<bool> is_marked_stale_{false};
    std::atomic<bool> is_invalid_{false};
    std::atomic<std::uint8_t> uses_{0};
    bool has_length_;
    // Of the shard's lock.
    Place place_ = Place::nowhere;
    bool is_ghost_ = false;     // its key was remembered when it came
    std::uint32_t bucket_ = 0;  // the shelf's hash as far as it chooses the bucket
    Shelf* shelf_ = nullptr;    // nullptr: not in the index
    Entry* next_variant_ = nullptr;
    Entry* before_ = nullptr;  // in its queue
    Entry* after_ = nullptr;
    std::uint64_t weight_ = 0;  // octets that the queue counts for it
    Ref<Fill> fill_;            // while it is filling: who wants to follow
};

}  // namespace weir::cache
