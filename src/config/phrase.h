// Words for people: pieces of error messages and of the manual.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

std::string concat(std::initializer_list<std::string_view> parts);

// 'text' in quotes, cut when it is long, control octets made visible: an error is one line.
std::string in_quotes(std::string_view text);

// "a, b or c".
std::string any_of(std::span<const std::string_view> words);

// "; did you mean 'x'?" when one of the candidates is near to the word, else nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

// Two clauses of a hint joined by "; ", either of which may be empty.
std::string joined(std::string first, std::string_view second);

}  // namespace weir::config
