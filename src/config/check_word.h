// A word against a place of a form.
#pragma once

#include <optional>
#include <string_view>

#include "config/form.h"
#include "config/literal.h"

namespace weir::config {

bool is_keyword(const Slot& slot, std::string_view text);

// What is wrong with the word there; nothing when it is one of the slot's keywords or a fine literal of its kind.
std::optional<Slip> check_word(const Slot& slot, std::string_view text);

}  // namespace weir::config
