#include "cache/slice_plan.h"

#include <algorithm>
#include <charconv>

namespace weir::cache {
namespace {

using Id = http::FieldId;

constexpr int kHex = 16;

std::string_view decimal(std::uint64_t number, Arena& arena) {
    constexpr std::size_t kDigitsMax = 20;
    const auto room = arena.make_array<char>(kDigitsMax);
    const auto* const end = std::to_chars(room.data(), room.data() + kDigitsMax, number).ptr;
    return {room.data(), static_cast<std::size_t>(end - room.data())};
}

// The place of a part that is as long as it says.
std::optional<ContentRange> place_of(const http::Response& response) {
    if (response.status != 206 || response.framing != http::Framing::length) return std::nullopt;
    if (response.fields.count(Id::content_range) != 1) return std::nullopt;
    const auto place = parse_content_range(response.fields.value(Id::content_range));
    if (!place || !place->range || !place->complete) return std::nullopt;
    return response.content_length == place->range->size() ? place : std::nullopt;
}

bool is_place(const ContentRange& place, ByteRange asked) {
    return place.range->first == asked.first && place.range->last == std::min(asked.last, *place.complete - 1);
}

}  // namespace

ByteRange range_of(const Slicing& slicing, std::uint64_t number, std::uint64_t complete) {
    const auto first = number * slicing.octets;
    return {first, std::min(first + slicing.octets, complete) - 1};
}

std::string_view write_slice_key(const Slicing& slicing, std::uint64_t number, SliceKeyRoom& room) {
    auto* at = std::ranges::copy(std::string_view("slice/"), room.data()).out;
    auto* const end = room.data() + room.size();
    at = std::to_chars(at, end, slicing.id, kHex).ptr;
    *at++ = '/';
    at = std::to_chars(at, end, number, kHex).ptr;
    return {room.data(), static_cast<std::size_t>(at - room.data())};
}

std::uint64_t first_slice(std::string_view range, std::uint32_t octets) {
    const auto wanted = read_single_range(range);
    // Far beyond what any file has: the sum of its ends must stay a number.
    constexpr std::uint64_t kPlaceMax = std::uint64_t{1} << 60U;
    return wanted && wanted->first && *wanted->first < kPlaceMax ? *wanted->first / octets : 0;
}

void ask_for_range(http::Fields& request, ByteRange range) {
    auto& arena = request.arena();
    request.set(Id::range, arena.concat({"bytes=", decimal(range.first, arena), "-", decimal(range.last, arena)}));
}

void ask_for_same(http::Fields& request, const Validators& validators) {
    request.set(Id::if_range, validators.etag.empty() ? validators.last_modified : validators.etag);
}

SliceRead read_slice(const http::Response& response, ByteRange asked, const Validators& validators) {
    if (response.status == 416) return {.answer = SliceAnswer::useless};
    if (response.status != 206) return {};
    const auto place = place_of(response);
    if (!place || !is_place(*place, asked)) return {.answer = SliceAnswer::useless};
    if (place->range->size() == *place->complete) return {.answer = SliceAnswer::all, .complete = *place->complete};
    if (!validators.has_strong()) return {.answer = SliceAnswer::useless};
    return {.answer = SliceAnswer::part, .complete = *place->complete};
}

bool is_slice_of(const Validators& manifest, std::uint64_t complete, ByteRange asked, const http::Response& response, WallTime received) {
    const auto place = place_of(response);
    if (!place || *place->complete != complete || *place->range != asked) return false;
    return may_combine(manifest, read_validators(response.fields, received));
}

bool tells_of_change(std::uint16_t status) {
    switch (status) {
        case 200:
        case 206:
        case 404:
        case 410:
        case 412:
        case 416: return true;
        default: return status / 100 == 3;
    }
}

}  // namespace weir::cache
