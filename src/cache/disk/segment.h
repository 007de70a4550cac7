// A segment: one file of the disk store, which records are appended to until it is full; then it is sealed with a table of what is in it,
// so that a start need not read the records. One that was not sealed is read record by record to the first that is not whole.
//
//   header (magic, version, store, sequence, CRC32C) · records · rows of the table · trailer (magic, CRC32C of the rows, their number,
//   where they begin, sequence, CRC32C)
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/disk/medium.h"
#include "cache/disk/record.h"

namespace weir::cache {

inline constexpr std::uint64_t kSegmentMin = 4U * 1024 * 1024, kSegmentMax = 256U * 1024 * 1024;
inline constexpr std::size_t kSegmentHeader = 32;
inline constexpr std::size_t kSegmentTrailer = 32;
inline constexpr std::size_t kSegmentRow = 32;

struct SegmentRow {
    std::uint64_t hash = 0;
    std::uint64_t born = 0;
    std::uint32_t offset = 0;
    std::uint32_t octets = 0;
    std::uint16_t identity = 0;
    bool operator==(const SegmentRow&) const = default;
};

std::string segment_name(std::uint64_t sequence);
std::optional<std::uint64_t> sequence_of(std::string_view name);

std::string segment_header(std::uint64_t store, std::uint64_t sequence);
// Rows and trailer, to be written at `offset`.
std::string segment_footer(std::span<const SegmentRow> rows, std::uint64_t offset, std::uint64_t sequence);

bool has_segment_header(MediumFile& file, std::uint64_t store, std::uint64_t sequence);
// nullopt: it was not sealed, or its end is torn.
std::optional<std::vector<SegmentRow>> read_footer(MediumFile& file, std::uint64_t sequence);

struct Scanned {
    std::vector<SegmentRow> rows;
    std::uint64_t end = kSegmentHeader;  // behind the last whole record
};
// Looks at every record and all its checksums.
Scanned scan_segment(MediumFile& file, std::uint64_t sequence);

// Reads one record as a whole and checks it all. nullopt: it is not there, or not whole. `buffer` holds it.
std::optional<Record> read_whole(MediumFile& file, std::uint64_t offset, std::string& buffer, Arena& arena);

}  // namespace weir::cache
