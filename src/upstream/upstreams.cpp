#include "upstream/upstreams.h"

#include <algorithm>
#include <unordered_set>

namespace weir::upstream {

Upstreams::Upstreams(std::uint32_t workers, net::Resolver& resolver, std::uint64_t seed)
    : workers_(workers), seed_(seed), names_(resolver, [this](Group& group) { checks_.watch(Ref<Group>(&group)); }) {}

std::vector<Ref<Group>> Upstreams::find_or_make(std::span<const GroupOptions> options) {
    std::unordered_multimap<std::string_view, const Ref<Group>*> by_name;
    const auto had = groups_;
    for (const auto& group : had) by_name.emplace(group->options().name, &group);
    std::vector<Ref<Group>> found;
    for (const auto& wanted : options) {
        const Group* before = nullptr;
        Ref<Group> group;
        for (auto [at, end] = by_name.equal_range(wanted.name); at != end && !group; ++at) {
            before = at->second->raw();
            if (before->options() == wanted) group = *at->second;
        }
        found.push_back(group ? std::move(group) : make(wanted, before));
    }
    return found;
}

Ref<Group> Upstreams::make(const GroupOptions& options, const Group* before) {
    auto group = make_ref<Group>(options, workers_, seed_ + (++made_ << 16U), before);
    groups_.push_back(group);
    checks_.watch(group);
    names_.watch(group);
    return group;
}

void Upstreams::keep_only(std::span<const Ref<Group>> groups) {
    std::unordered_set<const Group*> kept;
    for (const auto& group : groups) kept.insert(group.raw());
    const auto all = std::exchange(groups_, {});
    for (const auto& group : all) {
        if (kept.contains(group.raw())) {
            groups_.push_back(group);
            continue;
        }
        names_.forget(*group);
        checks_.forget(*group);
    }
}

io::Task<> Upstreams::stop() {
    co_await names_.stop();
    co_await checks_.stop();
    groups_.clear();
}

}  // namespace weir::upstream
