#include "config/lexer.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

// Tokens as text: words in <>, the others by their sign, comments as written.
std::string tokens_of(std::string text, Diagnostics& diagnostics) {
    Sources sources;
    Lexer lexer(sources, sources.add("t", std::move(text)), diagnostics);
    std::string out;
    while (true) {
        const auto token = lexer.next();
        switch (token.kind) {
            case TokenKind::word: out += "<" + token.text + ">"; break;
            case TokenKind::open: out += "{"; break;
            case TokenKind::close: out += "}"; break;
            case TokenKind::semicolon: out += ";"; break;
            case TokenKind::newline: out += "\n"; break;
            case TokenKind::comment: out += token.text; break;
            case TokenKind::end: return out;
        }
    }
}

std::string fine(std::string text) {
    Diagnostics diagnostics;
    auto out = tokens_of(std::move(text), diagnostics);
    EXPECT_TRUE(diagnostics.empty());
    return out;
}

std::string fault(std::string text) {
    Diagnostics diagnostics;
    tokens_of(std::move(text), diagnostics);
    return diagnostics.empty() ? "none" : diagnostics.sorted().front().message;
}

TEST(Lexer, SplitsWordsAndSigns) {
    EXPECT_EQ(fine("a  b\tc"), "<a><b><c>");
    EXPECT_EQ(fine("a { b; c }"), "<a>{<b>;<c>}");
    EXPECT_EQ(fine("a\r\nb\n"), "<a>\n<b>\n");
    EXPECT_EQ(fine("{a;b}"), "{<a>;<b>}");
    EXPECT_EQ(fine("\xEF\xBB\xBF"
                   "a"),
              "<a>");
    EXPECT_EQ(fine(""), "");
}

TEST(Lexer, CommentsBeginAWord) {
    EXPECT_EQ(fine("a # b { c  \nd"), "<a># b { c\n<d>");
    EXPECT_EQ(fine("#"), "#");
    EXPECT_EQ(fault("a#b"), "'#' inside a word");
}

TEST(Lexer, QuotesAreOnlyAWayToWriteAWord) {
    EXPECT_EQ(fine(R"("a b" 'c "d\' "")"), R"(<a b><c "d\><>)");
    EXPECT_EQ(fine(R"("a\n\t\"\\")"), "<a\n\t\"\\>");
    EXPECT_EQ(fault(R"("a\d")"), "unknown escape in a quoted word");
    EXPECT_EQ(fault("\"a\nb\""), "this quote is never closed");
    EXPECT_EQ(fault("it's"), "a quote inside a word");
    EXPECT_EQ(fault("\"a\"b"), "something sticks to a quoted word");
}

TEST(Lexer, VariablesKeepTheirBraces) {
    EXPECT_EQ(fine("$header{X-A}/$cookie{s} {"), "<$header{X-A}/$cookie{s}>{");
    EXPECT_EQ(fine("$ENV{A:-b c}"), "<$ENV{A:-b c}>");
    EXPECT_EQ(fine("${host}x"), "<${host}x>");
    EXPECT_EQ(fault("/a/{id}"), "'{' inside a word");
    EXPECT_EQ(fault("$header{X"), "'{' inside a word");
}

TEST(Lexer, RefusesWhatIsNoText) {
    for (const auto& text : {std::string("a\0b", 3), std::string("a\x01"), std::string("a\rb"), std::string("\x7f"), std::string("\xff"),
                             std::string("\xc0\x80"), std::string("\xed\xa0\x80"), std::string("\xe2\x82")}) {
        Sources sources;
        Diagnostics diagnostics;
        EXPECT_FALSE(is_text(sources, sources.add("t", text), diagnostics)) << text;
        EXPECT_TRUE(diagnostics.has_errors());
    }
    Sources sources;
    Diagnostics diagnostics;
    EXPECT_TRUE(is_text(sources, sources.add("t", "grün €\t𝄞\r\n"), diagnostics));
}

TEST(Spelled, QuotesOnlyWhereNeeded) {
    EXPECT_EQ(spelled("a"), "a");
    EXPECT_EQ(spelled("~^/a(b|c)$"), "~^/a(b|c)$");
    EXPECT_EQ(spelled("$header{X}"), "$header{X}");
    EXPECT_EQ(spelled(""), "\"\"");
    EXPECT_EQ(spelled("a b"), "\"a b\"");
    EXPECT_EQ(spelled("a{2}"), "\"a{2}\"");
    EXPECT_EQ(spelled("a\"b"), "'a\"b'");
    EXPECT_EQ(spelled("a b\\d"), "'a b\\d'");
    EXPECT_EQ(spelled("it's \"x\""), R"("it's \"x\"")");
    EXPECT_EQ(spelled("a\nb"), "\"a\\nb\"");
}

TEST(Spelled, IsReadBackAsTheSameWord) {
    for (const std::string word : {"",   "a",   "a b", "#",  "a#b", "{",     "}",       ";",     "'",       "\"",
                                   "\\", "\\n", "\n",  "\t", "$x{", "$x{a}", "$x{a b}", "$x{'}", "'\"\\\n", "ü ü"}) {
        Diagnostics diagnostics;
        EXPECT_EQ(tokens_of(spelled(word), diagnostics), "<" + word + ">");
        EXPECT_TRUE(diagnostics.empty()) << word;
    }
}

}  // namespace
}  // namespace weir::config
