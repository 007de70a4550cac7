// Escaping for lines of text that a person, a terminal or a parser reads later: nothing in a value can end the line, close the quotes
// or drive a terminal (log injection). Clean ASCII, the common case, is copied 16 octets at a time.
// The write_… functions want room for the growth named beside them plus kEscapeSlack, because they store whole 16-octet blocks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::size_t kEscapeSlack = 16;
inline constexpr std::size_t kJsonGrowthMax = 6;    // an octet becomes \u00XX at most
inline constexpr std::size_t kQuotedGrowthMax = 4;  // an octet becomes \xXX at most

// Inside of a JSON string (RFC 8259 7), always valid UTF-8: what is none becomes U+FFFD; control, line-separator and bidirectional
// characters are escaped. Returns the end of what was written.
char* write_json_text(std::string_view text, char* out);

// Inside of double quotes in a line of pure ASCII, as nginx and Apache write it: \xXX for every octet that is not printable ASCII,
// for quotes and for backslashes.
char* write_quoted_text(std::string_view text, char* out);

// The same, appended; these fit http::Template::append.
void append_json_text(std::string_view text, std::string& out);
void append_quoted_text(std::string_view text, std::string& out);

// RFC 3629: no overlong forms, no surrogates, nothing cut short.
bool is_valid_utf8(std::string_view text);

// For text outside of quotes: as JSON text, but quotes and backslashes stay.
void append_plain_text(std::string_view text, std::string& out);

}  // namespace weir
