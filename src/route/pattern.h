// What a path pattern means: one or two shapes that a path may have. Build-time but for glob_matches().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "route/table.h"

namespace weir::route {

struct Shape {
    enum class Kind : std::uint8_t { literal, prefix, glob, regex };
    Kind kind = Kind::literal;
    std::string text;  // in the form of normalised paths, but for a regex

    // The octets that every matching path begins with: where the shape hangs in the index.
    std::string key() const;
};

// "/a/*" is the literal "/a" and the prefix "/a/".
std::vector<Shape> shapes_of(const PathPattern& pattern);

// '*' is any text. Time is at most the product of both lengths.
bool glob_matches(std::string_view glob, std::string_view text);

// The literal text that "^…" demands at the beginning; empty when nothing certain can be said.
std::string regex_prefix(std::string_view pattern);

// As uri.h normalises a path's octets: what may not stand there is encoded, unreserved octets are decoded, escapes get capitals.
std::string normal_octets(std::string_view text);

}  // namespace weir::route
