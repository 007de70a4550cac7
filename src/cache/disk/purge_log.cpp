#include "cache/disk/purge_log.h"

#include <cerrno>

#include "cache/disk/crc32c.h"
#include "cache/disk/octets.h"

namespace weir::cache {
namespace {

using Kind = PurgeRow::Kind;

constexpr const char* kName = "purges";
constexpr const char* kNewName = "purges.new";
constexpr std::size_t kSum = sizeof(std::uint32_t);

bool apply(const PurgeRow& row, Purges& purges, DiskVoids& voids) {
    purges.restore_number(row.number);
    switch (row.kind) {
        case Kind::number: return true;
        case Kind::all: purges.restore({.cell = 0, .is_all = true, .is_soft = row.is_soft, .number = row.number}); return true;
        case Kind::tag:
            if (row.cell >= Purges::kCells) return false;
            purges.restore({.cell = static_cast<TagCell>(row.cell), .is_all = false, .is_soft = row.is_soft, .number = row.number});
            return true;
        case Kind::url:
            if (row.cell >= DiskVoids::kCells) return false;
            voids.void_cell(row.cell, row.number, row.is_soft);
            return true;
        case Kind::prefix: voids.void_prefix({.text = row.text, .number = row.number, .is_soft = row.is_soft}); return true;
    }
    return false;
}

struct Start {
    PurgeRow row;
    std::size_t text = 0;  // octets
};

// With a checksum of its own: how long a row is must be known for sure, or those behind it are not found.
std::optional<Start> read_start(std::string_view octets) {
    OctetReader in(octets);
    const auto sum = in.number<std::uint32_t>();
    const auto kind = in.number<std::uint8_t>();
    const auto soft = in.number<std::uint8_t>();
    const auto text = in.number<std::uint16_t>();
    Start start{.row = {.kind = static_cast<Kind>(kind), .is_soft = soft != 0}, .text = text};
    start.row.cell = in.number<std::uint32_t>();
    start.row.number = in.number<std::uint64_t>();
    if (in.has_failed() || kind > static_cast<std::uint8_t>(Kind::prefix) || soft > 1 || text > kPurgeTextMax) return std::nullopt;
    if (crc32c(octets.substr(kSum, kPurgeRowStart - kSum)) != sum) return std::nullopt;
    return start;
}

}  // namespace

void write_row(const PurgeRow& row, std::string& to) {
    const auto start = to.size();
    OctetWriter out(to);
    out.number(std::uint32_t{0});
    out.number(static_cast<std::uint8_t>(row.kind));
    out.number(static_cast<std::uint8_t>(row.is_soft));
    out.number(static_cast<std::uint16_t>(row.text.size()));
    out.number(row.cell);
    out.number(row.number);
    put_number(to.data() + start, crc32c(std::string_view(to).substr(start + kSum)));
    if (row.text.empty()) return;
    out.text(row.text);
    out.number(crc32c(row.text));
}

std::optional<PurgeRow> read_row(std::string_view& octets) {
    const auto start = read_start(octets);
    if (!start) return std::nullopt;
    auto row = start->row;
    OctetReader in(octets.substr(kPurgeRowStart));
    if (start->text != 0) {
        row.text = in.text(start->text);
        if (in.number<std::uint32_t>() != crc32c(row.text) || in.has_failed()) return std::nullopt;
    }
    octets = octets.substr(octets.size() - in.left());
    return row;
}

bool is_torn_row(std::string_view octets) {
    if (octets.size() < kPurgeRowStart) return true;
    const auto start = read_start(octets);
    return start && start->text != 0 && octets.size() < kPurgeRowStart + start->text + kSum;
}

PurgeLog::Loaded PurgeLog::load(Purges& purges, DiskVoids& voids) {
    const auto file = medium_.open(kName);
    if (!file) return Loaded::absent;
    const auto size = (*file)->size();
    if (!size || *size > 4 * kOctetsMax) return Loaded::absent;
    std::string text(*size, '\0');
    const auto count = (*file)->read(0, text, MediumFile::Patience::wait);
    if (!count || *count != text.size()) return Loaded::absent;
    std::string_view left = text;
    bool has_any = false;
    while (const auto row = read_row(left)) {
        if (!apply(*row, purges, voids)) return Loaded::damaged;
        has_any = true;
    }
    if (!has_any) return Loaded::absent;
    // Anything else is damage: what it said, and what is behind it, is not known.
    return is_torn_row(left) ? Loaded::whole : Loaded::damaged;
}

Errno PurgeLog::begin(const Purges& purges, const DiskVoids& voids) {
    std::string text;
    write_row({.kind = Kind::number, .number = purges.now()}, text);
    purges.for_each([&](const Purges::Note& note) {
        const auto kind = note.is_all ? Kind::all : Kind::tag;
        write_row({.kind = kind, .is_soft = note.is_soft, .cell = note.cell, .number = note.number}, text);
    });
    voids.for_each_cell([&](std::uint32_t cell, std::uint64_t number, bool is_soft) {
        write_row({.kind = Kind::url, .is_soft = is_soft, .cell = cell, .number = number}, text);
    });
    for (const auto& prefix : voids.prefixes())
        write_row({.kind = Kind::prefix, .is_soft = prefix.is_soft, .number = prefix.number, .text = prefix.text}, text);
    auto file = medium_.make(kNewName);
    if (!file) return file.error();
    if (const auto error = (*file)->write(0, text); error != 0) return error;
    // When others have filled the disk a purge must still find room. Without it nothing is lost but that.
    static_cast<void>((*file)->allocate(text.size() + kReserved));
    if (const auto error = (*file)->sync(); error != 0) return error;
    if (const auto error = medium_.rename(kNewName, kName); error != 0) return error;
    file_ = std::move(*file);
    size_ = text.size();
    return 0;
}

Errno PurgeLog::write() {
    if (waiting_.empty()) return 0;
    if (!file_) return EBADF;
    if (const auto error = file_->write(size_, waiting_); error != 0) return error;
    size_ += waiting_.size();
    waiting_.clear();
    return 0;
}

}  // namespace weir::cache
