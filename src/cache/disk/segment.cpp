#include "cache/disk/segment.h"

#include <algorithm>
#include <charconv>

#include "cache/disk/crc32c.h"
#include "cache/disk/octets.h"

namespace weir::cache {
namespace {

using Patience = MediumFile::Patience;

constexpr std::uint32_t kHeaderMagic = 0x47534557U;   // "WESG"
constexpr std::uint32_t kTrailerMagic = 0x54534557U;  // "WEST"
constexpr std::string_view kNameStart = "segment-";
constexpr int kHex = 16;
constexpr std::size_t kSum = sizeof(std::uint32_t);

void write_row(const SegmentRow& row, OctetWriter& out) {
    out.number(row.hash);
    out.number(row.born);
    out.number(row.offset);
    out.number(row.octets);
    out.number(row.identity);
    out.text({"\0\0\0\0\0\0", 6});
}

SegmentRow read_row(OctetReader& in) {
    SegmentRow row;
    row.hash = in.number<std::uint64_t>();
    row.born = in.number<std::uint64_t>();
    row.offset = in.number<std::uint32_t>();
    row.octets = in.number<std::uint32_t>();
    row.identity = in.number<std::uint16_t>();
    in.text(6);
    return row;
}

// Exactly so many octets, or none.
bool read_exactly(MediumFile& file, std::uint64_t offset, std::string& into, std::size_t octets) {
    into.resize(octets);
    const auto count = file.read(offset, into, Patience::wait);
    return count && *count == octets;
}

}  // namespace

std::string segment_name(std::uint64_t sequence) {
    char digits[kHex];
    const auto* const end = std::to_chars(digits, digits + kHex, sequence, kHex).ptr;
    const auto count = static_cast<std::size_t>(end - digits);
    return std::string(kNameStart) + std::string(kHex - count, '0') + std::string(digits, count);
}

std::optional<std::uint64_t> sequence_of(std::string_view name) {
    if (!name.starts_with(kNameStart) || name.size() != kNameStart.size() + kHex) return std::nullopt;
    std::uint64_t sequence = 0;
    const auto* const end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + kNameStart.size(), end, sequence, kHex);
    if (read.ec != std::errc{} || read.ptr != end || sequence == 0) return std::nullopt;
    return sequence;
}

std::string segment_header(std::uint64_t store, std::uint64_t sequence) {
    std::string header;
    OctetWriter out(header);
    out.number(kHeaderMagic);
    out.number(kDiskFormat);
    out.number(std::uint16_t{0});
    out.number(store);
    out.number(sequence);
    out.number(crc32c(header));
    out.number(std::uint32_t{0});
    return header;
}

// A file that is longer than any of ours is not read: it may be a hole of a terabyte.
bool has_segment_header(MediumFile& file, std::uint64_t store, std::uint64_t sequence) {
    std::string header;
    if (file.size().value_or(kSegmentMax + 1) > kSegmentMax) return false;
    return read_exactly(file, 0, header, kSegmentHeader) && header == segment_header(store, sequence);
}

std::string segment_footer(std::span<const SegmentRow> rows, std::uint64_t offset, std::uint64_t sequence) {
    std::string footer;
    footer.reserve(rows.size() * kSegmentRow + kSegmentTrailer);
    OctetWriter out(footer);
    for (const auto& row : rows) write_row(row, out);
    std::string trailer;
    OctetWriter last(trailer);
    last.number(kTrailerMagic);
    last.number(crc32c(footer));
    last.number(static_cast<std::uint32_t>(rows.size()));
    last.number(static_cast<std::uint32_t>(offset));
    last.number(sequence);
    last.number(crc32c(trailer));
    last.number(std::uint32_t{0});
    return footer + trailer;
}

std::optional<std::vector<SegmentRow>> read_footer(MediumFile& file, std::uint64_t sequence) {
    const auto size = file.size();
    std::string text;
    if (!size || *size < kSegmentHeader + kSegmentTrailer) return std::nullopt;
    if (!read_exactly(file, *size - kSegmentTrailer, text, kSegmentTrailer)) return std::nullopt;
    OctetReader in(text);
    const bool is_trailer = in.number<std::uint32_t>() == kTrailerMagic;
    const auto sum = in.number<std::uint32_t>();
    const auto count = in.number<std::uint32_t>();
    const auto offset = in.number<std::uint32_t>();
    const bool is_ours = in.number<std::uint64_t>() == sequence;
    constexpr auto kSummed = kSegmentTrailer - 2 * kSum;
    const bool is_whole = in.number<std::uint32_t>() == crc32c(std::string_view(text).substr(0, kSummed));
    const auto octets = std::uint64_t{count} * kSegmentRow;
    if (!is_trailer || !is_ours || !is_whole || offset < kSegmentHeader || offset + octets + kSegmentTrailer != *size) return std::nullopt;
    if (!read_exactly(file, offset, text, octets) || crc32c(text) != sum) return std::nullopt;
    OctetReader rows_in(text);
    std::vector<SegmentRow> rows;
    rows.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        rows.push_back(read_row(rows_in));
        const auto& row = rows.back();
        if (row.offset < kSegmentHeader || std::uint64_t{row.offset} + row.octets > offset || row.offset % kRecordAlignment != 0)
            return std::nullopt;
    }
    return rows;
}

namespace {

// A record of exactly these octets, all of it checked.
std::optional<Record> check_whole(std::string_view octets, Arena& arena) {
    auto record = decode_record(octets, arena);
    if (!record) return std::nullopt;
    auto body = octets.substr(record->lengths.head);
    for (std::size_t number = 0; !body.empty(); ++number) {
        const auto block = body.substr(0, kRecordBlock);
        if (!record->is_block(number, block)) return std::nullopt;
        body.remove_prefix(block.size());
    }
    return record;
}

// Octets of a file one behind the other, so many at once that small records cost no read each.
class ReadAhead {
public:
    explicit ReadAhead(MediumFile& file) : file_(file), size_(file.size().value_or(0)) {}

    // Until the next call. Empty: there are not so many.
    std::string_view take(std::uint64_t offset, std::size_t octets) {
        if (offset < offset_ || offset + octets > offset_ + buffer_.size()) fill(offset, octets);
        if (offset + octets > offset_ + buffer_.size()) return {};
        return std::string_view(buffer_).substr(offset - offset_, octets);
    }

private:
    static constexpr std::size_t kAhead = 1024 * 1024;

    void fill(std::uint64_t offset, std::size_t octets) {
        offset_ = offset;
        buffer_.clear();
        if (offset + octets > size_) return;
        buffer_.resize(std::min<std::uint64_t>(std::max(octets, kAhead), size_ - offset));
        buffer_.resize(file_.read(offset, buffer_, Patience::wait).value_or(0));
    }

    MediumFile& file_;
    std::uint64_t size_;
    std::uint64_t offset_ = 0;
    std::string buffer_;
};

}  // namespace

std::optional<Record> read_whole(MediumFile& file, std::uint64_t offset, std::string& buffer, Arena& arena) {
    if (!read_exactly(file, offset, buffer, kRecordStart)) return std::nullopt;
    const auto lengths = read_lengths(buffer);
    const auto size = file.size();
    if (!lengths || !size || offset + lengths->head + lengths->body > *size) return std::nullopt;
    if (!read_exactly(file, offset, buffer, lengths->head + lengths->body)) return std::nullopt;
    return check_whole(buffer, arena);
}

Scanned scan_segment(MediumFile& file, std::uint64_t sequence) {
    Scanned scanned;
    ReadAhead ahead(file);
    for (;;) {
        Arena arena;
        const auto lengths = read_lengths(ahead.take(scanned.end, kRecordStart));
        if (!lengths) return scanned;
        const auto record = check_whole(ahead.take(scanned.end, lengths->head + lengths->body), arena);
        const auto octets = lengths->whole();
        if (!record || record->sequence != sequence || scanned.end + octets > kSegmentMax) return scanned;
        scanned.rows.push_back({.hash = lengths->hash,
                                .born = record->born,
                                .offset = static_cast<std::uint32_t>(scanned.end),
                                .octets = static_cast<std::uint32_t>(octets),
                                .identity = identity_of(record->key, record->vary_names, record->variant)});
        scanned.end += octets;
    }
}

}  // namespace weir::cache
