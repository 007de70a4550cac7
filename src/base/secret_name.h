// Which names stand for a secret: keys of log fields, parameters of a query. Their values are never written to a log.
// Errs on the side of hiding: a masked "monkey" costs nothing, a logged password does.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/text.h"

namespace weir {

inline constexpr std::string_view kMaskedValue = "***";

namespace detail {

inline constexpr std::array<std::string_view, 12> kSecretWords{"passw", "passphrase", "pwd", "token", "secret", "authorization",
                                                               "credential", "signature", "session_id", "sessionid", "sessid", "cookie"};

constexpr bool has_word_at(std::string_view name, std::size_t at, std::string_view word) {
    return equal_ignoring_case(name.substr(at, word.size()), word);
}

// "key", "api_key", "apiKey", "user[key]", not "keyword": the word ends there.
constexpr bool is_key_at(std::string_view name, std::size_t at) {
    if (!has_word_at(name, at, "key")) return false;
    return at + 3 == name.size() || !is_alpha(name[at + 3]);
}

constexpr bool is_secret_at(std::string_view name, std::size_t at) {
    switch (to_lower(name[at])) {
        case 'k': return is_key_at(name, at);
        case 'p':
        case 't':
        case 's':
        case 'a':
        case 'c': break;
        default: return false;
    }
    for (const auto word : kSecretWords)
        if (has_word_at(name, at, word)) return true;
    return false;
}

}  // namespace detail

constexpr bool is_secret_name(std::string_view name) {
    for (const auto whole : {"auth", "sig", "jwt", "sid"})
        if (equal_ignoring_case(name, whole)) return true;
    for (std::size_t at = 0; at + 3 <= name.size(); ++at)
        if (detail::is_secret_at(name, at)) return true;
    return false;
}

}  // namespace weir
