// The paths of all sites as radix trees, one tree a site, in flat arrays. A tree gives every entry whose literal beginning fits a path,
// in the order of the configuration: walking costs the path's length, not the number of routes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace weir::route {

// One shape of one pattern of a route.
struct PathEntry {
    std::uint32_t order = 0;  // of the pattern within its site: lower wins
    std::uint32_t route = 0;
    std::uint32_t rest = kNoRest;       // what is still to be tested, a glob or a regex; kNoRest: the path matches
    std::uint32_t first_condition = 0;  // of the route: here, so that one look decides
    std::uint32_t conditions = 0;
    static constexpr std::uint32_t kNoRest = ~std::uint32_t{0};
};

class PathIndex {
public:
    struct Key {
        std::string text;
        bool is_whole = false;  // the path must equal the text; else it must begin with it
        PathEntry entry;
    };

    struct Tree {
        std::uint32_t root = 0;
        std::uint32_t spans_max = 0;  // of entries that one walk can meet
        std::uint32_t first_label = 0;
        std::uint32_t first_entry = 0;
    };
    Tree add(std::vector<Key> keys);

    // Entries that fit a path, lowest order first. Holds views of the index and memory of the arena.
    class Candidates {
    public:
        const PathEntry* next();

    private:
        friend class PathIndex;
        struct Cursor {
            const PathEntry* at = nullptr;
            const PathEntry* end = nullptr;
        };
        std::span<Cursor> cursors_;
        std::size_t count_ = 0;
    };
    // Asks the memory of a tree that was not used lately, all at once instead of one dependent miss after the other.
    void prefetch(const Tree& tree) const;
    Candidates candidates(const Tree& tree, std::string_view path, Arena& arena) const;

private:
    struct Node {
        std::uint32_t label = 0;  // offset into labels_
        std::uint32_t label_octets = 0;
        std::uint32_t first_child = 0;
        std::uint32_t children = 0;
        std::uint32_t entries = 0;  // offset into entries_: first those for every path that begins so, then those for this one
        std::uint32_t prefix_count = 0;
        std::uint32_t whole_count = 0;
        char first_octet = 0;
    };
    struct Pending;

    void fill(Pending& now, std::span<const Key> keys, std::vector<Pending>& pending);
    void take_entries(Node& node, std::span<const Key> keys);
    std::uint32_t child_of(const Node& node, char octet) const;
    static constexpr std::uint32_t kNoNode = ~std::uint32_t{0};

    std::vector<Node> nodes_;
    std::vector<PathEntry> entries_;
    std::string labels_;
};

}  // namespace weir::route
