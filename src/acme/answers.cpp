#include "acme/answers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "acme/encoding.h"
#include "acme/json.h"
#include "base/escape.h"
#include "base/text.h"
#include "http/date.h"

namespace weir::acme {
namespace {

constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";
constexpr std::size_t kShownOctetsMax = 600;
constexpr std::int64_t kRetryAfterSecondsMax = 7 * 24 * 3600;

using namespace std::string_literals;

Read<Json> object_of(std::string_view text) {
    auto json = Json::parse(text);
    if (!json) return json;
    if (json->kind() != Json::Kind::object) return std::unexpected("JSON that is no object"s);
    return json;
}

// Visible ASCII after a scheme: nothing in it can end a line of a request (RFC 3986 2).
bool is_url(std::string_view text) {
    if (text.size() > kUrlOctetsMax || (!text.starts_with("https://") && !text.starts_with("http://"))) return false;
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\'; });
}

// A text for people: escaped, so that a CA can't write lines of our log, and not too long.
std::string shown(const Json& json) {
    std::string out;
    append_plain_text(std::string_view(json.string()).substr(0, kShownOctetsMax), out);
    return out;
}

std::string type_of(const Json& json) {
    auto type = shown(json);
    return type.starts_with(kErrorPrefix) ? type.substr(kErrorPrefix.size()) : type;
}

Problem problem_of(const Json& json) {
    Problem problem{.type = type_of(json["type"]), .detail = shown(json["detail"])};
    problem.status = parse_decimal<std::uint16_t>(json["status"].string()).value_or(0);
    for (const auto& part : json["subproblems"].elements()) {
        if (problem.subproblems.size() == kSubproblemsMax) break;
        problem.subproblems.push_back(
            {.type = type_of(part["type"]), .detail = shown(part["detail"]), .identifier = shown(part["identifier"]["value"])});
    }
    return problem;
}

template <class Status, std::size_t count>
std::optional<Status> status_of(const Json& json, const std::array<std::string_view, count>& names) {
    const auto at = std::ranges::find(names, json.string());
    if (at == names.end()) return std::nullopt;
    return static_cast<Status>(at - names.begin());
}

constexpr std::array<std::string_view, 5> kOrderStatus{"pending", "ready", "processing", "valid", "invalid"};
constexpr std::array<std::string_view, 6> kAuthorizationStatus{"pending", "valid", "invalid", "deactivated", "expired", "revoked"};

std::string part_text(const Problem::Part& part) {
    return (part.identifier.empty() ? "" : part.identifier + ": ") + part.type + (part.detail.empty() ? "" : ": " + part.detail);
}

}  // namespace

std::string Problem::text() const {
    std::string out = type.empty() ? "no reason was given" : type;
    if (!detail.empty()) out += ": " + detail;
    if (subproblems.empty()) return out;
    out += " (";
    for (const auto& part : subproblems) out += (&part == subproblems.data() ? "" : "; ") + part_text(part);
    return out + ")";
}

Read<Problem> read_problem(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    return problem_of(*json);
}

Read<Directory> read_directory(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    Directory directory{.new_nonce = (*json)["newNonce"].string(),
                        .new_account = (*json)["newAccount"].string(),
                        .new_order = (*json)["newOrder"].string(),
                        .renewal_info = (*json)["renewalInfo"].string()};
    for (const auto* url : {&directory.new_nonce, &directory.new_account, &directory.new_order})
        if (!is_url(*url)) return std::unexpected("a directory without newNonce, newAccount or newOrder: is this an ACME server?"s);
    if (!is_url(directory.renewal_info)) directory.renewal_info.clear();
    const auto& meta = (*json)["meta"];
    if (is_url(meta["termsOfService"].string())) directory.terms_of_service = meta["termsOfService"].string();
    directory.demands_external_account = meta["externalAccountRequired"].is_true();
    return directory;
}

Read<AccountAnswer> read_account(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    const auto& status = (*json)["status"].string();
    if (status != "valid" && status != "deactivated" && status != "revoked") return std::unexpected("an account without a status"s);
    return AccountAnswer{.status = status};
}

Read<Order> read_order(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    const auto status = status_of<OrderStatus>((*json)["status"], kOrderStatus);
    if (!status) return std::unexpected("an order without a status"s);
    Order order{.status = *status,
                .authorizations = {},
                .finalize = (*json)["finalize"].string(),
                .certificate = (*json)["certificate"].string(),
                .error = problem_of((*json)["error"])};
    for (const auto& url : (*json)["authorizations"].elements()) {
        if (order.authorizations.size() == kAuthorizationsMax) return std::unexpected("an order with too many authorizations"s);
        if (!is_url(url.string())) return std::unexpected("an authorization that is no URL"s);
        order.authorizations.push_back(url.string());
    }
    if (!is_url(order.finalize)) return std::unexpected("an order without a finalize URL"s);
    if (!order.certificate.empty() && !is_url(order.certificate)) return std::unexpected("a certificate that is no URL"s);
    return order;
}

Read<Authorization> read_authorization(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    const auto status = status_of<AuthorizationStatus>((*json)["status"], kAuthorizationStatus);
    if (!status) return std::unexpected("an authorization without a status"s);
    Authorization authorization{.status = *status, .name = lower((*json)["identifier"]["value"].string()), .challenges = {}};
    if (authorization.name.empty() || authorization.name.size() > 253) return std::unexpected("an authorization without a name"s);
    for (const auto& one : (*json)["challenges"].elements()) {
        if (authorization.challenges.size() == kChallengesMax) return std::unexpected("an authorization with too many challenges"s);
        Challenge challenge{.type = one["type"].string(),
                            .url = one["url"].string(),
                            .token = one["token"].string(),
                            .status = one["status"].string(),
                            .error = problem_of(one["error"])};
        if (!is_url(challenge.url)) return std::unexpected("a challenge without a URL"s);
        // RFC 8555 8.1: a token has base64url characters only; it becomes part of a path and of what we answer there.
        const bool is_token = is_base64url(challenge.token) && challenge.token.size() <= kTokenOctetsMax;
        if (!challenge.token.empty() && !is_token) return std::unexpected("a challenge whose token is not base64url"s);
        authorization.challenges.push_back(std::move(challenge));
    }
    return authorization;
}

const Problem* Authorization::error() const {
    for (const auto& challenge : challenges)
        if (!challenge.error.type.empty()) return &challenge.error;
    return nullptr;
}

Read<RenewalWindow> read_renewal_info(std::string_view text) {
    const auto json = object_of(text);
    if (!json) return std::unexpected(json.error());
    const auto& window = (*json)["suggestedWindow"];
    const auto start = parse_time(window["start"].string());
    const auto end = parse_time(window["end"].string());
    if (!start || !end) return std::unexpected("renewal information without a window"s);
    // RFC 9773 4.2: a window that ends before it begins is to be treated as if there were none.
    if (*end <= *start) return std::unexpected("a renewal window that ends before it begins"s);
    const auto& explanation = (*json)["explanationURL"].string();
    return RenewalWindow{.start = *start, .end = *end, .explanation_url = is_url(explanation) ? explanation : ""};
}

std::string link_of(std::string_view field, std::string_view relation) {
    while (!field.empty()) {
        const auto open = field.find('<');
        if (open == std::string_view::npos) return {};
        const auto close = field.find('>', open);
        if (close == std::string_view::npos) return {};
        const auto target = field.substr(open + 1, close - open - 1);
        field.remove_prefix(close + 1);
        const auto next = field.find('<');
        const auto parameters = lower(field.substr(0, next));
        field = next == std::string_view::npos ? std::string_view{} : field.substr(next);
        const auto rel = std::string(relation);
        if ((parameters.contains("rel=\"" + rel + "\"") || parameters.contains("rel=" + rel)) && is_url(target)) return std::string(target);
    }
    return {};
}

std::optional<Duration> retry_after_of(std::string_view field, WallTime now) {
    const auto longest = std::chrono::seconds(kRetryAfterSecondsMax);
    if (const auto seconds = parse_decimal<std::int64_t>(field)) return std::chrono::seconds(std::min(*seconds, kRetryAfterSecondsMax));
    const auto date = http::parse_date(field);
    if (!date) return std::nullopt;
    return std::clamp<Duration>(*date - now, Duration::zero(), longest);
}

}  // namespace weir::acme
