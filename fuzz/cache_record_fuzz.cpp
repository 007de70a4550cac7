// Records, tables of segments and rows of the purge log as they may lie on a disk that somebody has written to. The checksum is made to
// fit, so that what is behind it is reached. Oracles: all views lie inside of what was given; what was decoded is bounded.
#include <cstdlib>
#include <cstring>
#include <string>

#include "cache/disk/crc32c.h"
#include "cache/disk/purge_log.h"
#include "cache/disk/record.h"
#include "cache/disk/segment.h"

using namespace weir;
using namespace weir::cache;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool lies_in(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_record(std::string octets) {
    constexpr std::size_t kSumAt = 4, kSummedFrom = 8;
    const auto lengths = read_lengths(octets);
    if (lengths && lengths->head <= octets.size()) {
        const auto sum = crc32c(std::string_view(octets).substr(kSummedFrom, lengths->head - kSummedFrom));
        std::memcpy(octets.data() + kSumAt, &sum, sizeof sum);
    }
    Arena arena;
    const auto record = decode_record(octets, arena);
    if (!record) return;
    for (const auto text : {record->key, record->vary_names, record->variant, record->reason, record->block_sums})
        require(lies_in(text, octets));
    for (const auto& field : record->fields) require(lies_in(field.name, octets) && lies_in(field.value, octets));
    for (const auto tag : record->tags) require(tag < Purges::kCells);
    require(record->terms.status >= 200 && record->terms.status < 600 && !record->key.empty());
    if (record->slicing.any()) require(record->lengths.body == 0 && record->sliced > record->slicing.octets);
    identity_of(record->key, record->vary_names, record->variant);
    record->is_block(0, "x");
}

class OneFile final : public MediumFile {
public:
    explicit OneFile(std::string octets) : octets_(std::move(octets)) {}
    std::expected<std::size_t, Errno> read(std::uint64_t offset, std::span<char> into, Patience) override {
        if (offset >= octets_.size()) return std::size_t{0};
        return octets_.copy(into.data(), into.size(), offset);
    }
    Errno write(std::uint64_t, std::string_view) override { return 0; }
    Errno sync() override { return 0; }
    Errno allocate(std::uint64_t) override { return 0; }
    Errno cut(std::uint64_t) override { return 0; }
    std::expected<std::uint64_t, Errno> size() override { return octets_.size(); }

private:
    std::string octets_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(reinterpret_cast<const char*>(data), size);
    check_record(octets);
    OneFile file(segment_header(1, 1) + octets);
    const auto scanned = scan_segment(file, 1);
    require(scanned.end <= kSegmentHeader + octets.size() + kRecordAlignment);
    if (const auto rows = read_footer(file, 1)) require(rows->size() * kSegmentRow <= octets.size());
    std::string_view left = octets;
    while (const auto row = read_row(left)) {
        std::string again;
        write_row(*row, again);
        require(!again.empty() && row->text.size() <= kPurgeTextMax);
    }
    static_cast<void>(is_torn_row(left));
    return 0;
}
