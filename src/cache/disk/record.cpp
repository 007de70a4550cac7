#include "cache/disk/record.h"

#include <cstring>

#include "cache/disk/crc32c.h"
#include "cache/disk/octets.h"
#include "cache/hash.h"
#include "cache/key.h"

namespace weir::cache {
namespace {

constexpr std::uint32_t kMagic = 0x31524557U;  // "WER1"
constexpr std::size_t kSumAt = 4;              // of the checksum
constexpr std::size_t kSummedFrom = 8;         // what it is of
constexpr std::size_t kSequenceAt = 32;
constexpr std::uint32_t kFieldsMax = 4096, kTagsMax = 4096;
constexpr std::uint64_t kSlicedMax = std::uint64_t{1} << 60U;  // sums of places stay numbers

// A new member of Terms needs a place in the record, and the record a new version.
static_assert(sizeof(Terms) == 64);

enum TermBit : std::uint16_t {
    kHasLifetime = 1,
    kHasSinceModified = 2,
    kHasWhileRevalidate = 4,
    kHasIfError = 8,
    kNoCache = 16,
    kForbidsStale = 32,
    kSMaxage = 64,
    kImmutable = 128,
    kMarkedStale = 256,
    kTermBits = 511
};

void write_terms(const Terms& terms, OctetWriter& out) {
    std::uint16_t bits = 0;
    const auto delta = [&](const std::optional<Delta>& value, TermBit bit) {
        if (value) bits |= bit;
        return value ? value->count() : 0U;
    };
    const std::uint32_t deltas[] = {delta(terms.lifetime, kHasLifetime), delta(terms.since_modified, kHasSinceModified),
                                    delta(terms.stale_while_revalidate, kHasWhileRevalidate), delta(terms.stale_if_error, kHasIfError)};
    if (terms.has_no_cache) bits |= kNoCache;
    if (terms.forbids_stale) bits |= kForbidsStale;
    if (terms.has_s_maxage) bits |= kSMaxage;
    if (terms.is_immutable) bits |= kImmutable;
    if (terms.is_marked_stale) bits |= kMarkedStale;
    out.number(static_cast<std::int64_t>(terms.received.time_since_epoch().count()));
    out.number(static_cast<std::int64_t>(terms.date.time_since_epoch().count()));
    out.number(static_cast<std::int64_t>(terms.initial_age.count()));
    for (const auto value : deltas) out.number(value);
    out.number(terms.status);
    out.number(bits);
}

bool read_terms(OctetReader& in, Terms& terms) {
    terms.received = WallTime(Duration(in.number<std::int64_t>()));
    terms.date = WallTime(Duration(in.number<std::int64_t>()));
    terms.initial_age = Duration(in.number<std::int64_t>());
    std::uint32_t deltas[4];
    for (auto& value : deltas) value = in.number<std::uint32_t>();
    terms.status = in.number<std::uint16_t>();
    const auto bits = in.number<std::uint16_t>();
    for (const auto value : deltas)
        if (value > kDeltaMax.count()) return false;
    const auto delta = [&](TermBit bit, std::uint32_t value) { return (bits & bit) != 0 ? std::optional(Delta(value)) : std::nullopt; };
    terms.lifetime = delta(kHasLifetime, deltas[0]);
    terms.since_modified = delta(kHasSinceModified, deltas[1]);
    terms.stale_while_revalidate = delta(kHasWhileRevalidate, deltas[2]);
    terms.stale_if_error = delta(kHasIfError, deltas[3]);
    terms.has_no_cache = (bits & kNoCache) != 0;
    terms.forbids_stale = (bits & kForbidsStale) != 0;
    terms.has_s_maxage = (bits & kSMaxage) != 0;
    terms.is_immutable = (bits & kImmutable) != 0;
    terms.is_marked_stale = (bits & kMarkedStale) != 0;
    // Times that no clock has said make sums that overflow: a thousand years is enough either way.
    constexpr auto kTimeMax = std::chrono::hours(24 * 366 * 200);
    const auto is_time = [&](Duration time) { return time >= Duration{} && time < kTimeMax; };
    return is_time(terms.received.time_since_epoch()) && is_time(terms.date.time_since_epoch()) && is_time(terms.initial_age) &&
           terms.status >= 200 && terms.status < 600 && (bits & ~kTermBits) == 0;
}

void write_slicing(const Entry& entry, OctetWriter& out) {
    const auto& slicing = entry.slicing();
    out.number(slicing.id);
    out.number(slicing.octets);
    out.number(slicing.any() ? entry.length().value_or(0) : std::uint64_t{0});
}

bool read_slicing(OctetReader& in, Record& record) {
    record.slicing.id = in.number<std::uint64_t>();
    record.slicing.octets = in.number<std::uint32_t>();
    record.sliced = in.number<std::uint64_t>();
    if (!record.slicing.any()) return record.slicing.id == 0 && record.sliced == 0;
    return record.lengths.body == 0 && record.slicing.octets <= kSliceMax && record.sliced > record.slicing.octets &&
           record.sliced <= kSlicedMax;
}

constexpr std::uint64_t blocks_of(std::uint64_t body) { return (body + kRecordBlock - 1) / kRecordBlock; }

// Lengths of the parts that follow, in their order.
struct Parts {
    std::uint32_t key = 0, vary_names = 0, variant = 0, reason = 0, fields = 0, tags = 0;
};

std::span<const http::Field> read_fields(OctetReader& lengths, OctetReader& texts, std::uint32_t count, Arena& arena) {
    const auto fields = arena.make_array<http::Field>(count);
    for (auto& field : fields) {
        const auto name = lengths.number<std::uint32_t>();
        const auto value = lengths.number<std::uint32_t>();
        field.name = texts.text(name);
        field.value = texts.text(value);
        field.id = http::id_of(field.name);
    }
    return fields;
}

std::span<const TagCell> read_tags(OctetReader& in, std::uint32_t count, Arena& arena) {
    const auto tags = arena.make_array<TagCell>(count);
    for (auto& tag : tags) tag = in.number<TagCell>();
    return tags;
}

}  // namespace

std::optional<RecordLengths> read_lengths(std::string_view start) {
    OctetReader in(start);
    const bool is_magic = in.number<std::uint32_t>() == kMagic;
    in.number<std::uint32_t>();
    const bool is_version = in.number<std::uint16_t>() == kDiskFormat && in.number<std::uint16_t>() == 0;
    RecordLengths lengths;
    lengths.head = in.number<std::uint32_t>();
    lengths.body = in.number<std::uint64_t>();
    lengths.hash = in.number<std::uint64_t>();
    if (in.has_failed() || !is_magic || !is_version || lengths.head < kRecordStart || lengths.head > kRecordHeadMax) return std::nullopt;
    if (lengths.body > kRecordBodyMax) return std::nullopt;
    return lengths;
}

bool Record::is_block(std::size_t number, std::string_view octets) const {
    const auto begin = number * kRecordBlock;
    if (begin >= lengths.body || octets.size() != std::min<std::uint64_t>(kRecordBlock, lengths.body - begin)) return false;
    std::uint32_t sum = 0;
    std::memcpy(&sum, block_sums.data() + number * sizeof sum, sizeof sum);
    return sum == crc32c(octets);
}

std::optional<Record> decode_record(std::string_view octets, Arena& arena) {
    const auto lengths = read_lengths(octets);
    if (!lengths || octets.size() < lengths->head) return std::nullopt;
    octets = octets.substr(0, lengths->head);
    if (OctetReader(octets.substr(kSumAt)).number<std::uint32_t>() != crc32c(octets.substr(kSummedFrom))) return std::nullopt;
    OctetReader in(octets.substr(kRecordStart));
    Record record{.lengths = *lengths};
    record.sequence = in.number<std::uint64_t>();
    record.born = in.number<std::uint64_t>();
    if (!read_terms(in, record.terms) || !read_slicing(in, record)) return std::nullopt;
    Parts parts;
    for (auto* part : {&parts.key, &parts.vary_names, &parts.variant, &parts.reason, &parts.fields, &parts.tags})
        *part = in.number<std::uint32_t>();
    if (in.has_failed() || parts.key == 0 || parts.fields > kFieldsMax || parts.tags > kTagsMax) return std::nullopt;
    OctetReader tags(in.text(parts.tags * sizeof(TagCell)));
    record.block_sums = in.text(blocks_of(lengths->body) * sizeof(std::uint32_t));
    OctetReader field_lengths(in.text(std::size_t{parts.fields} * 2 * sizeof(std::uint32_t)));
    record.key = in.text(parts.key);
    record.vary_names = in.text(parts.vary_names);
    record.variant = in.text(parts.variant);
    record.reason = in.text(parts.reason);
    if (in.has_failed()) return std::nullopt;
    record.fields = read_fields(field_lengths, in, parts.fields, arena);
    record.tags = read_tags(tags, parts.tags, arena);
    for (const auto tag : record.tags)
        if (tag >= Purges::kCells) return std::nullopt;
    if (!in.is_at_end()) return std::nullopt;
    return record;
}

bool encode_head(const RecordSource& source, std::string& to) {
    const auto& entry = *source.entry;
    const auto start = to.size();
    OctetWriter out(to);
    const auto fields = entry.fields();
    out.number(kMagic);
    out.number(std::uint32_t{0});
    out.number(kDiskFormat);
    out.number(std::uint16_t{0});
    out.number(std::uint32_t{0});
    out.number(entry.body()->size());
    out.number(source.hash);
    out.number(source.sequence);
    out.number(entry.born());
    write_terms(entry.terms_now(), out);
    write_slicing(entry, out);
    for (const auto text : {source.key, entry.vary_names(), entry.variant(), entry.reason()})
        out.number(static_cast<std::uint32_t>(text.size()));
    out.number(static_cast<std::uint32_t>(fields.size()));
    out.number(static_cast<std::uint32_t>(entry.tags().size()));
    for (const auto tag : entry.tags()) out.number(tag);
    for (const auto sum : source.block_sums) out.number(sum);
    for (const auto& field : fields) {
        out.number(static_cast<std::uint32_t>(field.name.size()));
        out.number(static_cast<std::uint32_t>(field.value.size()));
    }
    for (const auto text : {source.key, entry.vary_names(), entry.variant(), entry.reason()}) out.text(text);
    for (const auto& field : fields) out.text(field.name), out.text(field.value);
    const auto octets = to.size() - start;
    const bool fits = octets <= kRecordHeadMax && entry.body()->size() <= kRecordBodyMax && fields.size() <= kFieldsMax &&
                      entry.tags().size() <= kTagsMax && !source.key.empty() && source.block_sums.size() == blocks_of(entry.body()->size());
    if (!fits) {
        to.resize(start);
        return false;
    }
    constexpr std::size_t kHeadOctetsAt = 12;
    put_number(to.data() + start + kHeadOctetsAt, static_cast<std::uint32_t>(octets));
    put_number(to.data() + start + kSumAt, crc32c(std::string_view(to).substr(start + kSummedFrom)));
    return true;
}

void move_head(std::span<char> head, std::uint64_t sequence) {
    std::memcpy(head.data() + kSequenceAt, &sequence, sizeof sequence);
    put_number(head.data() + kSumAt, crc32c({head.data() + kSummedFrom, head.size() - kSummedFrom}));
}

std::uint16_t identity_of(std::string_view key, std::string_view vary_names, std::string_view variant) {
    constexpr std::uint64_t kKeyBits = 0x3f, kVariants = kIdentityVariant - 1;
    const auto rest = key.substr(uri_part(key).size());
    const auto of_key = rest.empty() ? 0U : hash_of(rest, 1) & kKeyBits;
    const auto of_variant = vary_names.empty() ? 0U : 1U + hash_of(variant, hash_of(vary_names, 2)) % kVariants;
    return static_cast<std::uint16_t>((of_key << 7U) | of_variant);
}

}  // namespace weir::cache
