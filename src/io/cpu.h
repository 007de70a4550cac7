// Processors: how many this process may really use, and keeping a worker on one of them. Start-up only; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::io {

// What `workers auto` means: those of the affinity mask, but no more than the time the control groups (cpu.max, or cpu.cfs_quota_us of the
// first version) grant, rounded up. At least 1. A container with two of 64 processors gets 2 workers, not 64.
unsigned available_processors();

// Keeps the calling thread on the n-th processor of the process's affinity mask, counted around when there are fewer. False when the
// system refuses: the thread then runs where it did.
bool pin_to(unsigned n);

// The parts of available_processors() that are pure.
// "max 100000" or "150000 100000": processors granted, rounded up; nothing without a limit or when it can't be read.
std::optional<unsigned> processors_of_cpu_max(std::string_view text);
// The path of the process's group in the second version's tree, from /proc/self/cgroup ("0::/a/b").
std::optional<std::string> group_of(std::string_view proc_self_cgroup);
// The smallest grant of the group at `path` and of all above it, below the mount point `root`.
std::optional<unsigned> granted_processors(const std::string& root, std::string path);

}  // namespace weir::io
