// Which names stand for a secret: keys of log fields, parameters of a query. Their values are never written to a log.
// Errs on the side of hiding: a masked "monkey" costs nothing, a logged password does.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "base/text.h"

namespace weir {

inline constexpr std::string_view kMaskedValue = "***";

namespace detail {

constexpr bool has_word_at(std::string_view name, std::size_t at, std::string_view word) {
    return equal_ignoring_case(name.substr(at, word.size()), word);
}

constexpr bool has_any_at(std::string_view name, std::size_t at, std::initializer_list<std::string_view> words) {
    for (const auto word : words)
        if (has_word_at(name, at, word)) return true;
    return false;
}

// "key", "api_key", "apiKey", "user[key]", not "keyword": the word ends there.
constexpr bool is_key_at(std::string_view name, std::size_t at) {
    if (!has_word_at(name, at, "key")) return false;
    return at + 3 == name.size() || !is_alpha(name[at + 3]);
}

constexpr bool is_secret_at(std::string_view name, std::size_t at) {
    switch (to_lower(name[at])) {
        case 'a': return has_word_at(name, at, "authorization");
        case 'c': return has_any_at(name, at, {"credential", "cookie"});
        case 'k': return is_key_at(name, at);
        case 'p': return has_any_at(name, at, {"passw", "passphrase", "pwd"});
        case 's': return has_any_at(name, at, {"secret", "signature", "session_id", "sessionid", "sessid"});
        case 't': return has_word_at(name, at, "token");
        default: return false;
    }
}

}  // namespace detail

constexpr bool is_secret_name(std::string_view name) {
    if (name.size() < 3) return false;
    for (const auto whole : {"auth", "sig", "jwt", "sid"})
        if (equal_ignoring_case(name, whole)) return true;
    constexpr auto kFirstLetters =
        1U << ('a' & 31) | 1U << ('c' & 31) | 1U << ('k' & 31) | 1U << ('p' & 31) | 1U << ('s' & 31) | 1U << ('t' & 31);
    for (std::size_t at = 0; at + 3 <= name.size(); ++at)
        if ((kFirstLetters >> (static_cast<unsigned char>(name[at]) & 31U) & 1U) != 0 && detail::is_secret_at(name, at)) return true;
    return false;
}

}  // namespace weir
