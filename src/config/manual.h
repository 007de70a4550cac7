// What the manual, the man page and the completion have in common: the order of the sections and the words of each entry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/schema.h"

namespace weir::config {

struct Section {
    BlockKind context;
    std::string_view title;
    std::string_view about;
};
std::vector<Section> manual_sections();

// The section that a directive is described in: where it is most at home.
BlockKind home_of(const Directive& directive);

// The entries of a section: in the order of the stages for a route, else in the order of the tables.
std::vector<const Schema::Entry*> entries_of(BlockKind context);

// "upstream, site or route", without quotes.
std::string places_of(const Directive& directive);

// The general part: how the language is read. Markdown without tables.
struct Chapter {
    std::string_view title;
    std::string_view text;
};
std::vector<Chapter> manual_chapters();

// Does a form of any directive have a place for it?
bool is_used(const Placeholder& placeholder);

// "1 to 1000" behind a synopsis: the ranges and defaults that it leaves out.
std::string bounds_of(const Form& form);

}  // namespace weir::config
