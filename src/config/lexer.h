// Text → tokens. A word is bare, "quoted with \" \\ \n \t" or 'literal'; quotes are only a way to write it. `$name{…}` belongs to the
// word it stands in. A newline or ';' ends a directive; '#' at the start of a word begins a comment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/diagnostic.h"
#include "config/source.h"

namespace weir::config {

enum class TokenKind : std::uint8_t { word, open, close, semicolon, newline, comment, end };

struct Token {
    TokenKind kind = TokenKind::end;
    Spot spot;
    std::string text;  // of a word: what it means; of a comment: as written
};

class Lexer {
public:
    Lexer(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics);

    Token next();
    // A quote that is never closed swallows what stands behind it on its line.
    bool has_swallowed() const { return has_swallowed_; }

private:
    bool at_end() const { return at_ >= text_.size(); }
    Spot spot(std::size_t from) const;
    void fault(std::size_t at, std::size_t length, std::string message, std::string hint);
    void skip_blanks();
    Token mark(TokenKind kind);
    Token comment();
    Token bare_word();
    Token quoted_word(char quote);
    char escaped();
    void require_word_end(Token& word);

    std::string_view text_;
    std::uint32_t file_;
    Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    bool has_swallowed_ = false;
};

// Refuses what is not UTF-8 text: control octets, NUL, a lone carriage return. True when the text is fine.
bool is_text(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics);

// How many octets at the start of `rest` a bare word would take.
std::size_t bare_length(std::string_view rest);

// How a word is written in the normal form: bare when it can be, else in '…' when that needs no escape, else in "…".
std::string spelled(std::string_view word);

}  // namespace weir::config
