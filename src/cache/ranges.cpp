#include "cache/ranges.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "cache/validate.h"

namespace weir::cache {

namespace {

constexpr std::uint64_t kEnd = ~std::uint64_t{0};

// The list behind "bytes="; nullopt: another unit, or none (RFC 9110 14.2).
std::optional<std::string_view> byte_ranges(std::string_view range) {
    constexpr std::string_view kUnit = "bytes=";
    if (range.size() < kUnit.size() || !equal_ignoring_case(range.substr(0, kUnit.size()), kUnit)) return std::nullopt;
    return range.substr(kUnit.size());
}

// Digits; more than 64 bits hold counts as the end of everything.
std::optional<std::uint64_t> position(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    return parse_decimal(text).value_or(kEnd);
}

std::optional<WantedRange> parse_range(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = position(text.substr(0, dash));
    const auto last = position(text.substr(dash + 1));
    if (dash == 0) return last ? std::optional(WantedRange{.last = last}) : std::nullopt;
    const bool is_open = dash + 1 == text.size();
    if (!first || (!is_open && !last) || (last && *last < *first)) return std::nullopt;
    return WantedRange{.first = first, .last = last};
}

struct WantedRanges {
    std::array<WantedRange, kRangesMax> all;
    std::size_t count = 0;
    bool is_good = true;
};

WantedRanges read_ranges(std::string_view list) {
    WantedRanges out;
    for_each_token(list, [&](std::string_view element) {
        const auto one = out.is_good && out.count < kRangesMax ? parse_range(element) : std::nullopt;
        out.is_good = one.has_value();
        if (one) out.all[out.count++] = *one;
    });
    out.is_good = out.is_good && out.count != 0;
    return out;
}

// nullopt: not satisfiable (RFC 9110 14.1.2).
std::optional<ByteRange> resolve(const WantedRange& wanted, std::uint64_t size) {
    if (size == 0) return std::nullopt;
    if (!wanted.first) {
        const auto suffix = std::min(*wanted.last, size);
        return suffix == 0 ? std::nullopt : std::optional(ByteRange{size - suffix, size - 1});
    }
    if (*wanted.first >= size) return std::nullopt;
    return ByteRange{*wanted.first, std::min(wanted.last.value_or(kEnd), size - 1)};
}

bool touch(const ByteRange& a, const ByteRange& b) { return b.first <= a.last || b.first - 1 == a.last; }

// Sorted, and those that overlap or touch made one; in the order asked for when none does.
void merge(RangePlan& plan) {
    auto sorted = plan.ranges;
    const auto all = std::span(sorted).first(plan.count);
    std::ranges::sort(all, {}, &ByteRange::first);
    std::size_t kept = 0;
    for (const auto& range : all.subspan(1)) {
        if (touch(sorted[kept], range)) sorted[kept].last = std::max(sorted[kept].last, range.last);
        else sorted[++kept] = range;
    }
    if (kept + 1 == plan.count) return;
    plan.ranges = sorted;
    plan.count = kept + 1;
}

bool asks_more_than(std::span<const ByteRange> ranges, std::uint64_t size) {
    std::uint64_t left = size;
    for (const auto& range : ranges) {
        if (range.size() > left) return true;
        left -= range.size();
    }
    return false;
}

}  // namespace

RangePlan plan_ranges(std::string_view range, std::uint64_t size) {
    RangePlan plan;
    const auto list = byte_ranges(range);
    if (!list) return plan;
    const auto wanted = read_ranges(*list);
    if (!wanted.is_good) return plan;
    for (const auto& one : std::span(wanted.all).first(wanted.count))
        if (const auto resolved = resolve(one, size)) plan.ranges[plan.count++] = *resolved;
    if (plan.count == 0) {
        // Of an empty body a suffix is satisfiable, but Content-Range has no words for it: send the whole.
        const bool is_empty_suffix = size == 0 && !wanted.all[0].first && *wanted.all[0].last != 0;
        plan.verdict = is_empty_suffix ? RangeVerdict::whole : RangeVerdict::unsatisfiable;
        return plan;
    }
    if (plan.count > 1) {
        if (asks_more_than(plan.all(), size)) return {};
        merge(plan);
    }
    plan.verdict = plan.count == 1 ? RangeVerdict::one : RangeVerdict::several;
    return plan;
}

std::optional<WantedRange> read_single_range(std::string_view range) {
    const auto list = byte_ranges(range);
    if (!list) return std::nullopt;
    const auto wanted = read_ranges(*list);
    return wanted.is_good && wanted.count == 1 ? std::optional(wanted.all[0]) : std::nullopt;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
    constexpr std::string_view kUnit = "bytes ";
    if (text.size() < kUnit.size() || !equal_ignoring_case(text.substr(0, kUnit.size()), kUnit)) return std::nullopt;
    text.remove_prefix(kUnit.size());
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    ContentRange out;
    const auto complete = text.substr(slash + 1);
    if (complete != "*") {
        out.complete = parse_decimal(complete);
        if (!out.complete) return std::nullopt;
    }
    text = text.substr(0, slash);
    if (text == "*") return out.complete ? std::optional(out) : std::nullopt;
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = parse_decimal(text.substr(0, dash));
    const auto last = parse_decimal(text.substr(dash + 1));
    if (!first || !last || *last < *first || *last == kEnd || (out.complete && *last >= *out.complete)) return std::nullopt;
    out.range = ByteRange{*first, *last};
    return out;
}

namespace {

// A number as text in the arena.
std::string_view decimal(std::uint64_t number, Arena& arena) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

std::string_view write_content_range(std::optional<ByteRange> range, std::uint64_t complete, Arena& arena) {
    const auto size = decimal(complete, arena);
    if (!range) return arena.concat({"bytes */", size});
    return arena.concat({"bytes ", decimal(range->first, arena), "-", decimal(range->last, arena), "/", size});
}

Multipart plan_multipart(const RangePlan& plan, std::uint64_t size, std::string_view content_type, std::string_view boundary,
                         Arena& arena) {
    Multipart out;
    const auto heads = arena.make_array<std::string_view>(plan.count);
    for (std::size_t i = 0; i < plan.count; ++i) {
        const auto place = write_content_range(plan.ranges[i], size, arena);
        const auto type = content_type.empty() ? std::string_view{} : arena.concat({"\r\nContent-Type: ", content_type});
        heads[i] = arena.concat({i == 0 ? "--" : "\r\n--", boundary, type, "\r\nContent-Range: ", place, "\r\n\r\n"});
        out.octets += heads[i].size() + plan.ranges[i].size();
    }
    out.heads = heads;
    out.end = arena.concat({"\r\n--", boundary, "--\r\n"});
    out.octets += out.end.size();
    out.content_type = arena.concat({"multipart/byteranges; boundary=", boundary});
    return out;
}

bool may_combine(const Validators& stored, const Validators& newer) {
    if (!stored.etag.empty() || !newer.etag.empty()) return equal_strongly(stored.etag, newer.etag);
    return stored.is_modified_strong() && newer.is_modified_strong() && stored.modified == newer.modified;
}

}  // namespace weir::cache
