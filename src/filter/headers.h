// Edits of header fields: `header request|response set|add|remove NAME VALUE`. Values are templates. Applied in the order written.
// A value of variables that are all absent means no header: `set` removes it, `add` adds none. Control octets become spaces.
// The options outlive the exchange: header names are views of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

// Fields of the framing and of the hop (Content-Length, Transfer-Encoding, Connection, Expect, Host …) can't be edited: the
// configuration refuses them, and names that are no token.
bool is_editable(std::string_view name);
void apply(const HeaderEdits& edits, const http::Facts& facts, http::Fields& fields);

}  // namespace weir::filter
