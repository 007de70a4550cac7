// A record: a stored answer as it lies in a segment of the disk store. Written once, when the answer is whole; never changed. All of it is
// covered by checksums: the head by one, the body by one for each block, so that what is sent has been checked and a large body needs not
// be read as a whole for it.
//
//   magic u32 · CRC32C of the head behind it u32 · version u16 · flags u16 · octets of the head u32 · octets of the body u64 ·
//   hash of the key u64 · sequence of the segment u64 · purge number it was born at u64 · terms · slicing · lengths · tags u16 each ·
//   CRC32C u32 of each body block · field lengths · key, names of Vary, variant, reason, fields · body
//
// Decoding trusts nothing: lengths must add up, numbers lie in their bounds. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "cache/entry.h"

namespace weir::cache {

// Of everything in the folder: what an older Weir wrote is not read, but goes.
inline constexpr std::uint16_t kDiskFormat = 2;
inline constexpr std::size_t kRecordAlignment = 16;
inline constexpr std::size_t kRecordBlock = 64 * 1024;
inline constexpr std::size_t kRecordStart = 32;                           // as much of it says how long it is
inline constexpr std::size_t kRecordHeadMax = 256 * 1024;                 // an answer with a larger head stays in memory
inline constexpr std::uint64_t kRecordBodyMax = std::uint64_t{1} << 30U;  // more blocks than this has no head has room for

constexpr std::uint64_t aligned(std::uint64_t octets) { return (octets + kRecordAlignment - 1) & ~(kRecordAlignment - 1); }

// How long a record is, from its first kRecordStart octets.
struct RecordLengths {
    std::uint32_t head = 0;
    std::uint64_t body = 0;
    std::uint64_t hash = 0;
    std::uint64_t whole() const { return aligned(head + body); }
};
std::optional<RecordLengths> read_lengths(std::string_view start);

struct Record {
    RecordLengths lengths;
    std::uint64_t sequence = 0;
    std::uint64_t born = 0;
    Terms terms;
    Slicing slicing;                                    // of a manifest, which has no body of its own …
    std::uint64_t sliced = 0;                           // … but says how many octets its slices have together
    std::string_view key, vary_names, variant, reason;  // views of what it was decoded from
    std::span<const TagCell> tags;                      // in the arena
    std::string_view block_sums;
    std::span<const http::Field> fields;  // in the arena
    // Is this the body's block of that number, all of it?
    bool is_block(std::size_t number, std::string_view octets) const;
};
// nullopt: it is no record, or not a whole one, or of another version. `octets`: at least the head.
std::optional<Record> decode_record(std::string_view octets, Arena& arena);

// The head of one. `block_sums`: of the body, a number for each block.
struct RecordSource {
    const Entry* entry = nullptr;
    std::string_view key;
    std::uint64_t hash = 0;
    std::uint64_t sequence = 0;
    std::span<const std::uint32_t> block_sums;
};
// Appends it. False: it does not fit the limits; nothing was appended.
bool encode_head(const RecordSource& source, std::string& to);
// The same head for another segment. `head`: exactly its octets.
void move_head(std::span<char> head, std::uint64_t sequence);

// What tells records of one URL apart in the index: a few bits of the rest of the key, a few of the variant (0: does not vary).
std::uint16_t identity_of(std::string_view key, std::string_view vary_names, std::string_view variant);
inline constexpr std::uint16_t kIdentityVariant = 0x7f;  // the variant's part of it

}  // namespace weir::cache
