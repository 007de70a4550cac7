// Which site serves a host on a listener: exact names, then the longest wildcard, then the listener's default. An open-addressing table
// over one string of all names: two cache lines a look-up, however many sites there are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::route {

enum class HostRank : std::uint8_t { none, exact, wildcard, fallback };

class HostIndex {
public:
    struct Found {
        std::uint32_t site = ~std::uint32_t{0};
        HostRank rank = HostRank::none;
        std::string_view suffix;  // of a wildcard: ".example.com"
    };

    // Room for this many names; add() may not be called more often.
    explicit HostIndex(std::size_t names_max);

    // `host` as in SiteSpec::hosts. Returns the site that has it already, or `site`.
    std::uint32_t add(std::uint32_t listener, std::string_view host, std::uint32_t site);
    Found find(std::uint32_t listener, std::string_view host) const;

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t name = 0;  // offset into names_
        std::uint32_t octets = 0;
        std::uint32_t listener = 0;
        std::uint32_t site = kEmpty;
    };
    static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};

    const Slot& slot_of(std::uint32_t listener, std::string_view name) const;
    Found find_wildcard(std::uint32_t listener, std::string_view host) const;

    std::vector<Slot> slots_;
    std::string names_;
    std::vector<std::uint32_t> defaults_;  // by listener
    std::uint64_t wildcard_depths_ = 0;    // a bit for each number of dots that a suffix has: others need no look-up
};

}  // namespace weir::route
