// Large things in slices: pieces of equal size that are fetched one by one, when they are wanted, with Range. A stored head (the manifest)
// says how long the whole is, by which validator its slices hold together, and which name they have: a number that no other manifest has.
// When the manifest goes, its slices are found by nobody any more. Pure functions; text in the arena.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "cache/ranges.h"
#include "cache/slicing.h"
#include "cache/validate.h"
#include "http/message.h"

namespace weir::cache {

ByteRange range_of(const Slicing& slicing, std::uint64_t number, std::uint64_t complete);

// Where a slice is stored. No key of a URL begins so. `room` keeps the text.
using SliceKeyRoom = std::array<char, 40>;
std::string_view write_slice_key(const Slicing& slicing, std::uint64_t number, SliceKeyRoom& room);
inline bool is_slice_key(std::string_view key) { return key.starts_with("slice/"); }

// The slice in which what this Range asks for begins; 0 when that is known only with the length, or when all is wanted.
std::uint64_t first_slice(std::string_view range, std::uint32_t octets);

// Makes a request for the whole one for these octets (RFC 9110 14.2).
void ask_for_range(http::Fields& request, ByteRange range);
// … of the very thing that these validators are of (If-Range, RFC 9110 13.1.5).
void ask_for_same(http::Fields& request, const Validators& validators);

// An answer to ask_for_range().
enum class SliceAnswer : std::uint8_t {
    whole,    // the origin knows no ranges, or has another thing to say: an answer as any other
    all,      // one slice holds everything
    part,     // a slice of something larger
    useless,  // a part that is not the one that was asked for, or one that nothing holds together with others: ask for the whole
};
struct SliceRead {
    SliceAnswer answer = SliceAnswer::whole;
    std::uint64_t complete = 0;  // octets of the whole
};
SliceRead read_slice(const http::Response& response, ByteRange asked, const Validators& validators);

// Is this answer the slice that is missing of what the manifest speaks of? Parts of two things must never be put together
// (RFC 9110 15.3.7.3): strong validators that are equal, and one length.
bool is_slice_of(const Validators& manifest, std::uint64_t complete, ByteRange asked, const http::Response& response, WallTime received);
// Does an answer that is not say that the thing has changed? Else it speaks of this request.
bool tells_of_change(std::uint16_t status);

}  // namespace weir::cache
