// Outcome: a value, or why there is none, in words for a person. Certificates are fetched rarely and their failures are read by people, so
// a Failure carries text, unlike the Error of the data path.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"

namespace weir::acme {

struct Failure {
    enum class Kind : std::uint8_t {
        unreachable,   // the CA does not answer, or in no way that ACME knows
        refused,       // the CA says no: a name, an account, a challenge that failed
        rate_limited,  // the CA says later (RFC 8555 6.6)
        local,         // our own side: files, keys, configuration
        stopped,       // we are ending
    };
    Kind kind = Kind::refused;
    std::string text;
    std::string type;                     // of the CA's problem document, "urn:ietf:params:acme:error:" left out
    std::optional<Duration> retry_after;  // as the CA asked
    std::uint16_t status = 0;             // of the CA's answer
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(Failure::Kind kind, std::string text) {
    return std::unexpected(Failure{.kind = kind, .text = std::move(text), .type = {}, .retry_after = {}});
}

std::string_view word_of(Failure::Kind kind);

}  // namespace weir::acme
