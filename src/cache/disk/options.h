// DiskOptions: what the operator says about the part of a cache that lies on a disk.
#pragma once

#include <cstdint>
#include <string>

namespace weir::cache {

struct DiskOptions {
    static constexpr std::uint64_t kOctetsMin = 64U * 1024 * 1024;
    static constexpr std::uint64_t kOctetsMax = std::uint64_t{8} * 1024 * 1024 * 1024 * 1024;  // as many segments as their numbers can name

    std::string folder;  // empty: none
    std::uint64_t octets_max = 0;
    bool writes_first = false;  // an answer is written when it comes; else when it is asked for again
    bool is_there() const { return !folder.empty(); }
    bool operator==(const DiskOptions&) const = default;
};

}  // namespace weir::cache
