// Escaping of values inside of bodies that Weir makes.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace weir::filter {

// For HTML and XML text and quoted attributes.
std::string_view escape_html(std::string_view text, Arena& arena);
// For the inside of a JSON string (RFC 8259 7); '<' too, so that a script block can't be closed by a value.
std::string_view escape_json(std::string_view text, Arena& arena);

using Escape = std::string_view (*)(std::string_view, Arena&);
// What a body of this type needs; nullptr: nothing (text/plain, text/css …).
Escape escape_for(std::string_view content_type);

}  // namespace weir::filter
