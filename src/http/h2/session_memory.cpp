#include "http/h2/session_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace weir::http::h2 {
namespace {

constexpr std::size_t kFrameMin = 16 * 1024;

bool has_such_pages() {
    static const bool kHas = ::sysconf(_SC_PAGESIZE) == static_cast<long>(SessionMemory::kPage);
    return kHas;
}

}  // namespace

SessionMemory::~SessionMemory() { std::free(pages_); }

bool SessionMemory::make_pages() {
    if (pages_ == nullptr && has_such_pages()) pages_ = static_cast<char*>(std::aligned_alloc(kPage, kTable + kFrame));
    return pages_ != nullptr;
}

// A library that asks for other sizes gets all from the heap, and nothing is given back.
void* SessionMemory::take_zeroed(std::size_t octets) {
    if (octets != kTable || table_ != nullptr || !make_pages()) return std::calloc(1, octets);
    table_ = pages_;
    std::memset(table_, 0, kTable);
    return table_;
}

void* SessionMemory::change(void* at, std::size_t octets) {
    if (at == nullptr && octets >= kFrameMin && octets <= kFrame && frame_ == nullptr && make_pages()) return frame_ = pages_ + kTable;
    if (at == nullptr) return std::malloc(octets);
    if (!has(at)) return std::realloc(at, octets);
    void* other = std::malloc(octets);
    if (other == nullptr) return nullptr;
    std::memcpy(other, at, std::min(octets, at == table_ ? kTable : kFrame));
    give(at);
    return other;
}

void SessionMemory::give(void* at) {
    if (!has(at)) return std::free(at);
    (at == table_ ? table_ : frame_) = nullptr;
}

void SessionMemory::rest() {
    // What pages that were given back read as is what is in them now.
    const bool is_table_empty = table_ != nullptr && std::all_of(table_, table_ + kTable, [](char octet) { return octet == 0; });
    if (is_table_empty) ::madvise(table_, kTable, MADV_DONTNEED);
    if (frame_ != nullptr) ::madvise(frame_, kFrame, MADV_DONTNEED);
}

}  // namespace weir::http::h2
