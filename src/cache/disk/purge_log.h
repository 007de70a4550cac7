// PurgeLog: the file that purges are noted in before they are answered, so that a crash brings nothing back. Appended to; written anew, as
// short as it can be, at each start and when it has grown. One thread.
//
//   a row: CRC32C of the start behind it u32 · kind u8 · soft u8 · octets of text u16 · cell u32 · number u64; when it has a text:
//   the text · CRC32C of it u32
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/disk/medium.h"
#include "cache/disk/voids.h"

namespace weir::cache {

struct PurgeRow {
    enum class Kind : std::uint8_t { number, all, tag, url, prefix };
    Kind kind = Kind::number;
    bool is_soft = false;
    std::uint32_t cell = 0;  // of a tag or an URL
    std::uint64_t number = 0;
    std::string text;  // a prefix
};

inline constexpr std::size_t kPurgeRowStart = 20;
inline constexpr std::size_t kPurgeTextMax = 16 * 1024;

void write_row(const PurgeRow& row, std::string& to);
// Takes one from the front of `octets`. nullopt: there is none, or not a whole one.
std::optional<PurgeRow> read_row(std::string_view& octets);
// May this, behind the last row, be the beginning of one that was being written when all ended? Nobody was told of that purge yet.
bool is_torn_row(std::string_view octets);

class PurgeLog {
public:
    static constexpr std::uint64_t kOctetsMax = 16U * 1024 * 1024;  // then it is written anew
    static constexpr std::uint64_t kReserved = 1024U * 1024;
    // Numbers that were given and not written before a crash: the next start begins so many later.
    static constexpr std::uint64_t kNumbersApart = std::uint64_t{1} << 20U;

    explicit PurgeLog(Medium& medium) : medium_(medium) {}

    enum class Loaded : std::uint8_t {
        whole,
        absent,  // nothing is known: what is stored must go
        damaged  // the same, from the place of the damage on: everything counts as purged
    };
    Loaded load(Purges& purges, DiskVoids& voids);
    // Begins a new file with what counts now.
    Errno begin(const Purges& purges, const DiskVoids& voids);

    void add(const PurgeRow& row) { write_row(row, waiting_); }
    // Those added since.
    Errno write();
    Errno sync() { return file_ ? file_->sync() : EBADF; }
    bool is_long() const { return size_ > kOctetsMax; }

private:
    Medium& medium_;
    Ref<MediumFile> file_;
    std::uint64_t size_ = 0;
    std::string waiting_;
};

}  // namespace weir::cache
