// Upstreams: all groups of the running configuration. Finds the group that a reload can go on with, makes the others, and drives what they
// need besides traffic: names that are resolved, health checks. Owner: server/. Thread: the control worker's, which must turn.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "upstream/checks.h"
#include "upstream/group.h"
#include "upstream/names.h"

namespace weir::upstream {

class Upstreams {
public:
    // `workers`: how many lease; they have the indices 0 … workers-1. The resolver outlives this.
    Upstreams(std::uint32_t workers, net::Resolver& resolver, std::uint64_t seed);
    Upstreams(const Upstreams&) = delete;
    Upstreams& operator=(const Upstreams&) = delete;
    // Aborts unless stop() has ended.
    ~Upstreams() = default;

    // For a new Snapshot: running groups, one for each of the options, in their order. A group with equal options is found; else one is
    // made, which takes over the peers that the group of the same name has, and starts. Nothing that runs is stopped: when the reload fails
    // after all, keep_only() the old ones. Throws std::invalid_argument for options that can't run.
    std::vector<Ref<Group>> find_or_make(std::span<const GroupOptions> options);
    // Only these are in use from now on: the others are checked and resolved no more. They end when the last exchange lets go of them.
    void keep_only(std::span<const Ref<Group>> groups);
    // Ends checks and resolving; joins. After it only the destructor may follow.
    io::Task<> stop();

    std::size_t size() const { return groups_.size(); }
    const std::vector<Ref<Group>>& groups() const { return groups_; }
    std::size_t checks() const { return checks_.running(); }
    std::size_t names() const { return names_.watched(); }

private:
    Ref<Group> make(const GroupOptions& options, const Group* before);

    std::uint32_t workers_;
    std::uint64_t seed_;
    std::uint64_t made_ = 0;
    std::vector<Ref<Group>> groups_;
    Checks checks_;
    Names names_;
};

}  // namespace weir::upstream
