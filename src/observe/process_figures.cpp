#include "observe/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "observe/exposition.h"

namespace weir::observe {
namespace {

using Type = Exposition::Type;

std::string read_small_file(const char* path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path, "re"), std::fclose);
    if (!file) return {};
    std::array<char, 4096> text;
    return {text.data(), std::fread(text.data(), 1, text.size(), file.get())};
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        const auto start = text.find_first_not_of(" \n");
        if (start == std::string_view::npos) return words;
        text.remove_prefix(start);
        const auto end = std::min(text.find_first_of(" \n"), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::uint64_t number_at(const std::vector<std::string_view>& words, std::size_t index) {
    return index < words.size() ? parse_decimal(words[index]).value_or(0) : 0;
}

// Seconds since the epoch, from the boot time and the ticks in field 22 of /proc/self/stat (proc(5)).
double start_time(const std::vector<std::string_view>& after_name) {
    timespec boot{}, now{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto seconds = [](const timespec& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9; };
    const auto ticks = static_cast<double>(number_at(after_name, 19));
    return seconds(now) - seconds(boot) + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t count_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
    if (!directory) return 0;
    std::uint64_t count = 0;
    while (const auto* entry = ::readdir(directory.get())) count += entry->d_name[0] != '.' ? 1 : 0;
    return count - 1;  // the directory itself
}

double processor_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

void expose_process(Exposition& out) {
    const auto stat = read_small_file("/proc/self/stat");
    // The program's name, in parentheses, may itself hold spaces and parentheses.
    const auto name_end = stat.rfind(')');
    if (name_end != std::string::npos) {
        const auto words = words_of(std::string_view(stat).substr(name_end + 1));
        out.family("process_start_time_seconds", Type::gauge, "When the process started, in seconds since the epoch.");
        out.sample({}, start_time(words));
        out.family("process_threads", Type::gauge, "Threads of the process.");
        out.sample({}, number_at(words, 17));
    }
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto statm = read_small_file("/proc/self/statm");
    const auto sizes = words_of(statm);
    out.family("process_resident_memory_bytes", Type::gauge, "Memory that is in RAM.");
    out.sample({}, number_at(sizes, 1) * page);
    out.family("process_virtual_memory_bytes", Type::gauge, "Address space in use.");
    out.sample({}, number_at(sizes, 0) * page);
    out.family("process_cpu_seconds_total", Type::counter, "Processor time, user and system, of all threads.");
    out.sample({}, processor_seconds());
    out.family("process_open_fds", Type::gauge, "Open descriptors.");
    out.sample({}, count_descriptors());
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    out.family("process_max_fds", Type::gauge, "Descriptors the process may open.");
    out.sample({}, static_cast<std::uint64_t>(limit.rlim_cur));
}

}  // namespace weir::observe
