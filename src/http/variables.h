// Values of a template's variables, read from the facts of an exchange. Used by Template only.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/template.h"

namespace weir::http {

// Numbers, addresses and times are written into a buffer of this size that the caller provides.
inline constexpr std::size_t kValueBuffer = 64;

// The value's octets: a view into the exchange, static text, the arena (joined or decoded values) or `buffer`.
std::string_view value_of(const TemplatePart& part, const Facts& facts, Arena& arena, char* buffer);

// May value_of() write into the buffer?
bool needs_buffer(Variable variable);

}  // namespace weir::http
