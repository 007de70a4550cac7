// FileStamp: what tells a file from the one that was there before, without reading it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace weir::server {

struct FileStamp {
    std::int64_t seconds = 0, nanoseconds = 0;
    std::uint64_t inode = 0, octets = 0;
    bool operator==(const FileStamp&) const = default;
};

// Through symbolic links: a fleet swaps the target of one. All zero when there is no file.
inline FileStamp stamp_of(const std::string& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return {};
    return {.seconds = found.st_mtim.tv_sec,
            .nanoseconds = found.st_mtim.tv_nsec,
            .inode = found.st_ino,
            .octets = static_cast<std::uint64_t>(found.st_size)};
}

}  // namespace weir::server
