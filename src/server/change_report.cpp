#include "server/change_report.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace weir::server {
namespace {

using Names = std::map<std::string, std::size_t>;  // name → a number that differs when the thing does

// Of the process itself: `limits`, `admin` … have no name beside their own.
constexpr std::string_view kDirective;

std::string_view note_of(std::string_view kind, std::string_view name) {
    static constexpr std::array<std::string_view, 4> kAtStart{"workers", "user", "admin", "resolver"};
    return kind == kDirective && std::ranges::find(kAtStart, name) != kAtStart.end() ? "(from the next start on)" : std::string_view{};
}

struct Tally {
    std::string text;
    std::size_t added = 0, removed = 0, changed = 0;

    void compare(std::string_view kind, const Names& before, const Names& after) {
        for (const auto& [name, value] : after) {
            const auto old = before.find(name);
            if (old == before.end()) note('+', kind, name, added);
            else if (old->second != value) note('~', kind, name, changed);
        }
        for (const auto& [name, value] : before)
            if (!after.contains(name)) note('-', kind, name, removed);
    }

private:
    void note(char sign, std::string_view kind, const std::string& name, std::size_t& count) {
        ++count;
        text += sign;
        for (const auto part : {kind, std::string_view(name), note_of(kind, name)})
            if (!part.empty()) text.append(" ").append(part);
        text += '\n';
    }
};

Names listeners_of(const proxy::Snapshot& snapshot) {
    Names names;
    for (const auto& listener : snapshot.listeners) names[listener.at.text()] = listener.accepts_proxy_protocol ? 1 : 0;
    return names;
}

Names sites_of(const proxy::Snapshot& snapshot) {
    Names names;
    for (const auto& site : snapshot.sites) names[site.name] = site.digest;
    return names;
}

// A group whose options did not change is the same object in both.
Names groups_of(const proxy::Snapshot& snapshot) {
    Names names;
    for (std::size_t i = 0; i < snapshot.group_options.size(); ++i)
        names[snapshot.group_options[i].name] = reinterpret_cast<std::size_t>(snapshot.groups[i].raw());
    return names;
}

Names caches_of(const proxy::Snapshot& snapshot) {
    Names names;
    for (const auto& zone : snapshot.zone_options) {
        const auto& disk = zone.disk;
        std::string words = disk.folder + '\n';
        for (const auto octets : {zone.memory_max, zone.object_max, disk.octets_max}) words += std::to_string(octets) + ' ';
        names[zone.name] = std::hash<std::string>{}(words + (disk.writes_first ? "first" : ""));
    }
    return names;
}

}  // namespace

ChangeReport change_report(const proxy::Snapshot& before, const proxy::Snapshot& after) {
    Tally tally;
    tally.compare(kDirective, before.process.digests, after.process.digests);
    tally.compare("listener", listeners_of(before), listeners_of(after));
    tally.compare("upstream", groups_of(before), groups_of(after));
    tally.compare("cache", caches_of(before), caches_of(after));
    tally.compare("site", sites_of(before), sites_of(after));
    const auto total = tally.added + tally.removed + tally.changed;
    if (total == 0) return {"nothing changed", "nothing changed\n"};
    return {std::to_string(tally.added) + " added, " + std::to_string(tally.changed) + " changed, " + std::to_string(tally.removed) +
                " removed",
            tally.text};
}

}  // namespace weir::server
