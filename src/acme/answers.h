// What a CA answers, typed: read from JSON, checked, bounded. What ACME does not define is passed over (RFC 8555 6.7 and 7.1 allow more
// members); what it defines and is wrong is an error. Pure functions, fuzzed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace weir::acme {

// Texts that name something of the CA's, and identifiers, longer than this are refused.
inline constexpr std::size_t kUrlOctetsMax = 2048;
inline constexpr std::size_t kTokenOctetsMax = 256;
inline constexpr std::size_t kAuthorizationsMax = 100;
inline constexpr std::size_t kChallengesMax = 50;
inline constexpr std::size_t kSubproblemsMax = 100;

template <class T>
using Read = std::expected<T, std::string>;

// RFC 7807, RFC 8555 6.7. Its text is the CA's: it is shown, never acted upon.
struct Problem {
    std::string type;  // without "urn:ietf:params:acme:error:"
    std::string detail;
    std::uint16_t status = 0;
    struct Part {
        std::string type, detail, identifier;
    };
    std::vector<Part> subproblems;

    bool is(std::string_view name) const { return type == name; }
    // One line: "unauthorized: … (a.example: …)".
    std::string text() const;
};
Read<Problem> read_problem(std::string_view json);

struct Directory {
    std::string new_nonce, new_account, new_order;
    std::string renewal_info;  // RFC 9773; empty: the CA has none
    std::string terms_of_service;
    bool demands_external_account = false;
};
Read<Directory> read_directory(std::string_view json);

struct AccountAnswer {
    std::string status;
};
Read<AccountAnswer> read_account(std::string_view json);

enum class OrderStatus : std::uint8_t { pending, ready, processing, valid, invalid };
struct Order {
    OrderStatus status = OrderStatus::pending;
    std::vector<std::string> authorizations;
    std::string finalize;
    std::string certificate;  // once valid
    Problem error;            // when invalid; may be empty
};
Read<Order> read_order(std::string_view json);

struct Challenge {
    std::string type;  // "http-01"
    std::string url;
    std::string token;  // base64url (RFC 8555 8.1); empty for types that have none
    std::string status;
    Problem error;
};
enum class AuthorizationStatus : std::uint8_t { pending, valid, invalid, deactivated, expired, revoked };
struct Authorization {
    AuthorizationStatus status = AuthorizationStatus::pending;
    std::string name;
    std::vector<Challenge> challenges;
    // What the CA says of a failed challenge: the first that says something.
    const Problem* error() const;
};
Read<Authorization> read_authorization(std::string_view json);

// RFC 9773 4.2.
struct RenewalWindow {
    WallTime start{}, end{};
    std::string explanation_url;
    bool operator==(const RenewalWindow&) const = default;
};
Read<RenewalWindow> read_renewal_info(std::string_view json);

// The target of the first link with this relation in a Link field (RFC 8288); empty when there is none.
std::string link_of(std::string_view link_field, std::string_view relation);

// Retry-After (RFC 9110 10.2.3): seconds or a date; nothing when it is neither. At most a week.
std::optional<Duration> retry_after_of(std::string_view field, WallTime now);

}  // namespace weir::acme
