// Caches: the zones of the process, kept over reloads by their names, and what a person may ask of them: figures, what is stored of an URL,
// purges. Thread: control.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/ref.h"
#include "cache/zone.h"
#include "observe/exposition.h"
#include "proxy/snapshot.h"

namespace weir::server {

class Caches {
public:
    Caches(std::uint32_t workers, std::uint64_t seed) : workers_(workers), seed_(seed) {}

    // Finds or makes the zones of a configuration; opens the folders of new ones, which may fail: a sentence for a person.
    std::expected<void, std::string> prepare(const std::vector<cache::ZoneOptions>& options);
    // The configuration is not taken after all.
    void forget_prepared() { prepared_.clear(); }
    // What was prepared counts; limits of those that stay change at once.
    std::vector<Ref<cache::Zone>> bind(const std::vector<cache::ZoneOptions>& options);
    // Those that no configuration has any more go with the last that uses them.
    void keep_only(const std::vector<Ref<cache::Zone>>& zones) { zones_ = zones; }

    void expose(observe::Exposition& out) const;
    std::string stats() const;

    // In all zones, as the routes of `snapshot` make keys. A text that says what was done, or what was wrong with the question.
    using Told = std::expected<std::string, std::string>;
    struct Purge {
        enum class What : std::uint8_t { url, prefix, tag, host, all };
        What what = What::url;
        std::string_view text;
        bool is_soft = false;
    };
    // Returns when no crash can undo it.
    Told purge(const Purge& purge, const proxy::Snapshot& snapshot, Arena& arena);
    struct Moment {
        WallTime wall;
        TimePoint steady;
    };
    // What is stored, and why the rest is not.
    Told show(std::string_view url, const proxy::Snapshot& snapshot, Moment now, Arena& arena) const;

private:
    std::expected<Ref<cache::Zone>, std::string> find_or_make(const cache::ZoneOptions& options);
    Told carry_out(const Purge& purge, const proxy::Snapshot& snapshot, Arena& arena);

    std::uint32_t workers_;
    std::uint64_t seed_;
    std::vector<Ref<cache::Zone>> zones_;
    std::vector<Ref<cache::Zone>> prepared_;
};

}  // namespace weir::server
