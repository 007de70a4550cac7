// The tree of a configuration: words and blocks as they were written, nothing understood yet. It keeps comments and blank lines, so
// that `weir fmt` loses nothing, and it is the same tree that the JSON twin says. A tree is owned by one thread.
//
// Comments are kept as written from '#' on. Among `before` and `closing` lines an empty string is a blank line; there are never two
// blank lines in a row, none at the start of a block and none at its end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/source.h"

namespace weir::config {

inline constexpr std::uint32_t kDepthMax = 16;         // blocks in blocks
inline constexpr std::uint32_t kNodesMax = 4'000'000;  // directives of one text
inline constexpr std::uint32_t kWordsMax = 10'000;     // arguments of one directive

struct Word {
    std::string text;  // without its quotes, escapes resolved: quotes never change a meaning
    Spot spot;         // with its quotes

    // The spot of a stretch of the text, as well as it can be said.
    Spot part(std::size_t offset, std::size_t length) const;
};

struct Block;

// A directive: `name args… { block }`.
struct Node {
    Word name;
    std::vector<Word> args;
    std::unique_ptr<Block> block;     // none: the directive has no braces
    std::vector<std::string> before;  // comment and blank lines above it
    std::string behind;               // the comment at the end of its line

    // From the name to the last argument.
    Spot spot() const;
};

struct Block {
    std::vector<Node> nodes;
    std::string opening;               // the comment behind '{'
    std::vector<std::string> closing;  // comment and blank lines before '}', or before the end of the file
    Spot brace;                        // of '{'
    bool is_one_line = false;          // a wish for the layout, not a part of the meaning
};

// Equal in meaning and comments; places and the layout of blocks aside.
bool operator==(const Node& a, const Node& b);
bool operator==(const Block& a, const Block& b);

// Brings the blank lines of all comments into the normal form that the header of this file describes.
void normalise_blank_lines(Block& block);

Block clone(const Block& block);
Node clone(const Node& node);

}  // namespace weir::config
