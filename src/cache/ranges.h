// Ranges of a stored answer (RFC 9110 14, RFC 9111 3.3 and 3.4): what Range asks for, the plan of a 206 or 416, and which parts may
// be put together. Pure functions over numbers; the octets are the store's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "http/fields.h"

namespace weir::cache {

inline constexpr std::size_t kRangesMax = 16;  // in one Range field; more of them are ignored, the whole is sent

// Both ends included.
struct ByteRange {
    std::uint64_t first = 0, last = 0;
    std::uint64_t size() const { return last - first + 1; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeVerdict : std::uint8_t {
    whole,          // 200: no Range, one that is malformed, of another unit, or that asks too much
    one,            // 206 with Content-Range
    several,        // 206 with multipart/byteranges
    unsatisfiable,  // 416 with "Content-Range: bytes */size"
};

struct RangePlan {
    RangeVerdict verdict = RangeVerdict::whole;
    std::array<ByteRange, kRangesMax> ranges{};
    std::size_t count = 0;
    std::span<const ByteRange> all() const { return {ranges.data(), count}; }
};

// For a body of `size` octets. Overlapping ranges are merged; ranges that together ask for more than the whole get the whole (a request of
// a few octets must not cost many times the body: CVE-2011-3192). An empty value is none.
RangePlan plan_ranges(std::string_view range, std::uint64_t size);

// What a Range asks for before the size is known: one range, with or without an end, or a suffix. For fetching a part, or slices.
struct WantedRange {
    std::optional<std::uint64_t> first;  // nullopt: a suffix of `last` octets
    std::optional<std::uint64_t> last;   // nullopt: to the end
};
// nullopt: none, malformed, or several.
std::optional<WantedRange> read_single_range(std::string_view range);

// Content-Range of a 206 ("bytes 0-4/10", "bytes 0-4/*") or a 416 ("bytes */10"). nullopt when invalid (RFC 9110 14.4).
struct ContentRange {
    std::optional<ByteRange> range;
    std::optional<std::uint64_t> complete;  // octets of the whole; nullopt: not told
};
std::optional<ContentRange> parse_content_range(std::string_view text);
// "bytes 0-4/10", or "bytes */10" without a range.
std::string_view write_content_range(std::optional<ByteRange> range, std::uint64_t complete, Arena& arena);

// multipart/byteranges (RFC 9110 14.6): what stands before each part and after the last.
struct Multipart {
    std::span<const std::string_view> heads;  // one a range
    std::string_view end;
    std::string_view content_type;  // with the boundary
    std::uint64_t octets = 0;       // Content-Length
};
// `boundary`: 1 to 70 letters and digits that occur nowhere in the body: make it of random octets.
Multipart plan_multipart(const RangePlan& plan, std::uint64_t size, std::string_view content_type, std::string_view boundary, Arena& arena);

// May a part be put together with a stored one (RFC 9110 15.3.7.3)? Both have the same strong validator and the same complete length.
struct Validators;
bool may_combine(const Validators& stored, const Validators& newer);

}  // namespace weir::cache
