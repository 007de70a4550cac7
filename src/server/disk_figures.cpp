#include "server/disk_figures.h"

#include <algorithm>

#include "cache/disk/store.h"

namespace weir::server {
namespace {

using cache::DiskCounters;
using Type = observe::Exposition::Type;

// A figure of a store that is counted in DiskCounters.
struct Figure {
    std::string_view name;
    Type type;
    std::string_view help;
    DiskCounters::Count DiskCounters::* count;
};

constexpr Figure kFigures[] = {
    {"weir_cache_disk_bytes", Type::gauge, "Octets of the segments that a cache has on its disk.", &DiskCounters::octets},
    {"weir_cache_disk_segments", Type::gauge, "Files that they are in.", &DiskCounters::segments},
    {"weir_cache_disk_hits_total", Type::counter, "Answers that were brought from the disk into memory.", &DiskCounters::hits},
    {"weir_cache_disk_misses_total", Type::counter, "Answers that the index promised and the disk did not have.", &DiskCounters::misses},
    {"weir_cache_disk_reads_total", Type::counter, "Reads.", &DiskCounters::reads},
    {"weir_cache_disk_reads_waited_total", Type::counter, "Those that the disk had to be waited for.", &DiskCounters::reads_waited},
    {"weir_cache_disk_read_errors_total", Type::counter, "Reads that failed or took too long.", &DiskCounters::read_errors},
    {"weir_cache_disk_bad_total", Type::counter, "Records whose checksums did not fit.", &DiskCounters::bad},
    {"weir_cache_disk_written_total", Type::counter, "Answers that were written.", &DiskCounters::written},
    {"weir_cache_disk_written_bytes_total", Type::counter, "Their octets.", &DiskCounters::octets_written},
    {"weir_cache_disk_rewritten_total", Type::counter, "Answers in use that were written again when their segment went.",
     &DiskCounters::kept},
    {"weir_cache_disk_write_errors_total", Type::counter, "Writes that failed.", &DiskCounters::write_errors},
    {"weir_cache_disk_dropped_total", Type::counter, "Answers that were not written: too much was waiting, too large, or the disk failed.",
     &DiskCounters::dropped},
    {"weir_cache_disk_evicted_segments_total", Type::counter, "Segments that left for want of room.", &DiskCounters::evicted},
    {"weir_cache_disk_recovered_total", Type::counter, "Answers that were there when the process began.", &DiskCounters::recovered},
};

}  // namespace

void expose_disks(const std::vector<Ref<cache::Zone>>& zones, observe::Exposition& out) {
    if (std::ranges::none_of(zones, [](const auto& zone) { return zone->disk() != nullptr; })) return;
    const auto each = [&](std::string_view name, Type type, std::string_view help, auto figure) {
        out.family(name, type, help);
        for (const auto& zone : zones)
            if (zone->disk() != nullptr) out.sample({{"zone", zone->name()}}, figure(*zone->disk()));
    };
    for (const auto& figure : kFigures)
        each(figure.name, figure.type, figure.help, [&](const auto& disk) { return DiskCounters::of(disk.counters().*figure.count); });
    each("weir_cache_disk_bytes_max", Type::gauge, "Octets that it may have there.", [](const auto& disk) { return disk.octets_max(); });
    each("weir_cache_disk_objects", Type::gauge, "Answers that its index knows of.", [](const auto& disk) { return disk.objects(); });
    each("weir_cache_disk_index_bytes", Type::gauge, "Memory that the index takes.", [](const auto& disk) { return disk.index_octets(); });
    each("weir_cache_disk_recovering", Type::gauge, "1 while it looks for what is there.",
         [](const auto& disk) { return std::uint64_t{disk.counters().is_recovering.load()}; });
}

std::string disk_stats(const cache::Zone& zone) {
    const auto* disk = zone.disk();
    if (disk == nullptr) return {};
    const auto& of = disk->counters();
    const auto text = [](const DiskCounters::Count& count) { return std::to_string(DiskCounters::of(count)); };
    return "  disk " + disk->folder() + ": " + std::to_string(disk->objects()) + " stored answers, " + text(of.octets) + " of " +
           std::to_string(disk->octets_max()) + " octets; so far " + text(of.hits) + " read, " + text(of.written) + " written, " +
           text(of.dropped) + " not written, " + text(of.read_errors) + " read errors, " + text(of.write_errors) + " write errors" +
           (of.is_recovering ? "; still looking for what is there\n" : "\n");
}

}  // namespace weir::server
