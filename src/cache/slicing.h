// Slicing: the name and the size of the slices in which a large thing is stored (slice_plan.h). Part of its manifest, an entry without a
// body of its own.
#pragma once

#include <cstdint>

namespace weir::cache {

inline constexpr std::uint32_t kSliceMin = 16U * 1024;
inline constexpr std::uint32_t kSliceMax = 64U * 1024 * 1024;

// Without octets: none.
struct Slicing {
    std::uint64_t id = 0;      // drawn when the manifest was made
    std::uint32_t octets = 0;  // of each slice but the last
    bool any() const { return octets != 0; }
};

}  // namespace weir::cache
