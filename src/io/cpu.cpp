#include "io/cpu.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>

namespace weir::io {
namespace {

constexpr const char* kGroupRoot = "/sys/fs/cgroup";

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::optional<unsigned> smaller(std::optional<unsigned> a, std::optional<unsigned> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

// The first version of control groups keeps quota and period in two files.
std::optional<unsigned> granted_by_quota() {
    const auto folder = std::string(kGroupRoot) + "/cpu/";
    const auto quota = content_of(folder + "cpu.cfs_quota_us");
    const auto period = content_of(folder + "cpu.cfs_period_us");
    return processors_of_cpu_max(std::string(trimmed(quota)) + " " + period);
}

bool allowed_set(cpu_set_t& set) {
    CPU_ZERO(&set);
    return ::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0;
}

// Taken once, before the first worker is pinned: afterwards the mask of a thread is not the mask of the process.
const cpu_set_t& process_set() {
    static const cpu_set_t set = [] {
        cpu_set_t now;
        if (!allowed_set(now)) CPU_SET(0, &now);
        return now;
    }();
    return set;
}

}  // namespace

std::optional<unsigned> processors_of_cpu_max(std::string_view text) {
    text = trimmed(text);
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto quota = number_of(text.substr(0, space));
    const auto period = number_of(text.substr(space + 1));
    if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
    return static_cast<unsigned>(std::min<std::uint64_t>((*quota - 1) / *period + 1, CPU_SETSIZE));
}

std::optional<std::string> group_of(std::string_view proc_self_cgroup) {
    for (std::size_t at = 0; at < proc_self_cgroup.size();) {
        const auto end = std::min(proc_self_cgroup.find('\n', at), proc_self_cgroup.size());
        const auto line = proc_self_cgroup.substr(at, end - at);
        if (line.starts_with("0::/")) return std::string(line.substr(3));
        at = end + 1;
    }
    return std::nullopt;
}

std::optional<unsigned> granted_processors(const std::string& root, std::string path) {
    std::optional<unsigned> least;
    while (true) {
        least = smaller(least, processors_of_cpu_max(content_of(root + path + "/cpu.max")));
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return least;
        path.resize(slash);
    }
}

unsigned available_processors() {
    const auto allowed = static_cast<unsigned>(CPU_COUNT(&process_set()));
    const auto group = group_of(content_of("/proc/self/cgroup"));
    const auto granted = smaller(granted_processors(kGroupRoot, group.value_or("")), granted_by_quota());
    return std::max(1U, smaller(allowed, granted).value_or(1));
}

bool pin_to(unsigned n) {
    const auto& allowed = process_set();
    auto skip = n % static_cast<unsigned>(CPU_COUNT(&allowed));
    for (unsigned processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (!CPU_ISSET(processor, &allowed) || skip-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        return ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    return false;
}

}  // namespace weir::io
