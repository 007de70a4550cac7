// How the items of an inner block and those of an outer one become one list.
#pragma once

#include <deque>

#include "config/resolve.h"

namespace weir::config {

class Merger {
public:
    explicit Merger(std::deque<Item>& made) : made_(made) {}

    // The inner ones added to the outer ones.
    InEffect add(InEffect outer, const InEffect& inner);

private:
    void put(InEffect& into, const Item& item);
    const Item* combined(const Item& outer, const Item& inner);

    std::deque<Item>& made_;
};

// The outer items without those that the `reset` drops.
InEffect without(const InEffect& outer, const Item& reset);

// Equal in directive and words, blocks included.
bool says_the_same(const Item& a, const Item& b);

// Where `item` would take the place of something in the list: that thing, or nullptr.
const Item* rival_in(const InEffect& list, const Item& item);

}  // namespace weir::config
