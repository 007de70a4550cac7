// A directive's words against its forms: which form they follow, and what each word is. Faults become diagnostics; of several forms the
// one speaks that got furthest.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/form_reader.h"
#include "config/schema.h"

namespace weir::config {

// A directive that was understood. Points into the schema and the tree, which outlive it.
struct Item {
    const Directive* directive = nullptr;
    const Node* node = nullptr;
    BlockKind context = BlockKind::none;  // where it stands
    std::uint8_t form = 0;
    bool is_fallback = false;  // nobody wrote it: a default
    bool is_whole = true;      // nothing in its block was dropped as faulty
    std::vector<Argument> arguments = {};
    std::vector<Item> children = {};

    std::string_view name() const { return directive->name; }
    const Spot& spot() const { return node->name.spot; }

    // Words that the form has outside of options: the first of that role (placeholder), or nullptr.
    const Word* find(std::string_view role) const;
    std::vector<const Word*> all(std::string_view role) const;
    std::string_view text(std::string_view role) const;
    // The argument at that index as written; empty when there are fewer.
    std::string_view word(std::size_t index) const;
    bool says(std::string_view keyword) const;  // is it among the keywords outside of options?
    // Options: is it given, and its value.
    bool has_option(std::string_view keyword) const;
    const Word* option(std::string_view keyword) const;
    std::string_view option_text(std::string_view keyword) const;  // its value, or the form's default for it
    const Item* child(std::string_view directive_name) const;
};

// Binds node's arguments; false when there was a fault.
bool bind(Item& item, Diagnostics& diagnostics);

}  // namespace weir::config
