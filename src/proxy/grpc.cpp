#include "proxy/grpc.h"

#include <algorithm>

#include "base/text.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kTimeoutDigitsMax = 8;

std::optional<Duration> unit_of(char letter) {
    using namespace std::chrono_literals;
    switch (letter) {
        case 'H': return 1h;
        case 'M': return 1min;
        case 'S': return 1s;
        case 'm': return 1ms;
        case 'u': return 1us;
        case 'n': return 1ns;
        default: return std::nullopt;
    }
}

}  // namespace

bool is_grpc(const http::Request& request) {
    constexpr std::string_view kType = "application/grpc";
    if (request.version != http::Version::http2) return false;
    const auto type = request.fields.value(http::FieldId::content_type);
    // Not application/grpc-web: its errors are of HTTP.
    return type.starts_with(kType) && (type.size() == kType.size() || type[kType.size()] == '+' || type[kType.size()] == ';');
}

std::uint8_t grpc_status_of(std::uint16_t status) {
    enum : std::uint8_t {
        unknown = 2,
        permission_denied = 7,
        resource_exhausted = 8,
        unimplemented = 12,
        internal = 13,
        unavailable = 14,
        unauthenticated = 16
    };
    switch (status) {
        case 400: return internal;
        case 401: return unauthenticated;
        case 403: return permission_denied;
        case 404: return unimplemented;
        case 413:
        case 431: return resource_exhausted;
        case 429:
        case 502:
        case 503:
        case 504: return unavailable;
        default: return unknown;
    }
}

void add_late_status(http::Fields& fields) {
    fields.add("grpc-status", "4");
    fields.add("grpc-message", "Deadline Exceeded");
}

std::optional<Duration> read_grpc_timeout(std::string_view text) {
    if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
    const auto unit = unit_of(text.back());
    const auto count = parse_decimal<std::uint32_t>(text.substr(0, text.size() - 1));
    if (!unit || !count) return std::nullopt;
    // 99,999,999 hours are more than a Duration holds.
    constexpr Duration kMost = std::chrono::hours(24 * 365);
    return *unit > kMost / std::max(*count, 1U) ? kMost : *unit * *count;
}

std::optional<Duration> grpc_timeout_of(const http::Request& request) {
    if (!is_grpc(request)) return std::nullopt;
    return read_grpc_timeout(request.fields.value("grpc-timeout"));
}

}  // namespace weir::proxy
