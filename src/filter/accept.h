// Which form of an error page a client prefers (RFC 9110 12.5.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::filter {

enum class PageForm : std::uint8_t { text, html, json, problem_json };

// HTML only for those who ask for it by name, as browsers do; "*/*" and no Accept at all get plain text.
PageForm preferred_form(std::string_view accept);

}  // namespace weir::filter
