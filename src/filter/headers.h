// Edits of header fields: `header request|response set|add|remove NAME VALUE`. Values are templates. Applied in the order written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http/template.h"

namespace weir::filter {

struct HeaderEdit {
    enum class Kind : std::uint8_t { set, add, remove };
    Kind kind = Kind::set;
    std::string name;
    http::Template value;
};
using HeaderEdits = std::vector<HeaderEdit>;

// Framing fields (Content-Length, Transfer-Encoding, Connection …) can't be edited: the configuration refuses them.
bool is_editable(std::string_view name);
void apply(const HeaderEdits& edits, const http::Facts& facts, http::Fields& fields);

}  // namespace weir::filter
