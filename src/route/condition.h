// A compiled condition of a route: method, header, parameter, cookie, client or its TLS. Pure; the arena is for decoded parameters.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "route/table.h"

namespace weir::route {

class CompiledCondition {
public:
    // The error says what is wrong with which regex.
    static std::expected<CompiledCondition, std::string> compile(const Condition& condition);

    bool holds(const Query& query, Arena& arena) const { return any_matches(query, arena) != condition_.is_negated; }
    // Why it doesn't hold, for explain: "method GET is not POST". Says what was asked for, not what a client sent.
    std::string reason(const Query& query) const;
    // Equal for conditions that mean the same.
    std::uint64_t fingerprint() const { return fingerprint_; }

private:
    bool any_matches(const Query& query, Arena& arena) const;
    bool any_header_matches(const http::Request& request) const;
    bool any_cookie_matches(const http::Request& request) const;
    bool any_parameter_matches(std::string_view query, Arena& arena) const;
    bool tls_matches(const tls::ConnectionFacts& tls) const;
    bool is_wanted(std::string_view value) const;
    bool is_there(const Query& query) const;
    std::string wanted_text() const;

    Condition condition_;
    std::vector<Regex> regexes_;
    http::FieldId id_ = http::FieldId::other;
    std::uint64_t fingerprint_ = 0;
};

}  // namespace weir::route
