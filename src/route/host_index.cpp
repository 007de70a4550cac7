#include "route/host_index.h"

#include <algorithm>
#include <bit>

#include "base/load_word.h"

namespace weir::route {
namespace {

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15U;

// Eight octets a step. Names come from the configuration: a client can choose what is looked up, never what collides in the table.
std::uint64_t hash_of(std::uint32_t listener, std::string_view name) {
    std::uint64_t hash = (listener + 1) * kMultiplier ^ name.size();
    while (!name.empty()) {
        const auto octets = std::min<std::size_t>(8, name.size());
        hash = (hash ^ load_word(name.substr(0, octets))) * kMultiplier;
        hash ^= hash >> 32U;
        name.remove_prefix(octets);
    }
    return hash;
}

std::size_t depth_of(std::string_view suffix) {
    return std::min<std::size_t>(63, static_cast<std::size_t>(std::ranges::count(suffix, '.')));
}

}  // namespace

HostIndex::HostIndex(std::size_t names_max) : slots_(std::bit_ceil(2 * names_max + 2)) {}

// The name's slot, or the empty one where it would be.
const HostIndex::Slot& HostIndex::slot_of(std::uint32_t listener, std::string_view name) const {
    const auto hash = hash_of(listener, name);
    for (auto at = hash;; ++at) {
        const auto& slot = slots_[at & (slots_.size() - 1)];
        if (slot.site == kEmpty) return slot;
        if (slot.hash == hash && slot.listener == listener && std::string_view(names_).substr(slot.name, slot.octets) == name) return slot;
    }
}

std::uint32_t HostIndex::add(std::uint32_t listener, std::string_view host, std::uint32_t site) {
    if (host.empty()) {
        if (defaults_.size() <= listener) defaults_.resize(listener + 1, kEmpty);
        if (defaults_[listener] == kEmpty) defaults_[listener] = site;
        return defaults_[listener];
    }
    // A wildcard is kept as its suffix, which no exact name equals: hosts don't begin with '.'.
    if (host.starts_with("*.")) {
        host.remove_prefix(1);
        wildcard_depths_ |= std::uint64_t{1} << depth_of(host);
    }
    const auto& found = slot_of(listener, host);
    if (found.site != kEmpty) return found.site;
    slots_[static_cast<std::size_t>(&found - slots_.data())] = {.hash = hash_of(listener, host),
                                                                .name = static_cast<std::uint32_t>(names_.size()),
                                                                .octets = static_cast<std::uint32_t>(host.size()),
                                                                .listener = listener,
                                                                .site = site};
    names_ += host;
    return site;
}

HostIndex::Found HostIndex::find_wildcard(std::uint32_t listener, std::string_view host) const {
    auto depth = static_cast<std::size_t>(std::ranges::count(host, '.'));
    for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1), --depth) {
        if (dot == 0 || (wildcard_depths_ >> std::min<std::size_t>(63, depth) & 1U) == 0) continue;
        const auto suffix = host.substr(dot);
        const auto& slot = slot_of(listener, suffix);
        if (slot.site != kEmpty) return {.site = slot.site, .rank = HostRank::wildcard, .suffix = suffix};
    }
    return {};
}

HostIndex::Found HostIndex::find(std::uint32_t listener, std::string_view host) const {
    if (!host.empty() && host.front() != '.') {
        const auto& slot = slot_of(listener, host);
        if (slot.site != kEmpty) return {.site = slot.site, .rank = HostRank::exact, .suffix = {}};
        if (wildcard_depths_ != 0)
            if (const auto found = find_wildcard(listener, host); found.site != kEmpty) return found;
    }
    if (listener < defaults_.size() && defaults_[listener] != kEmpty)
        return {.site = defaults_[listener], .rank = HostRank::fallback, .suffix = {}};
    return {};
}

}  // namespace weir::route
