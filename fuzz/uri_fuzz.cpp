// Targets; the first octet is the policy. Oracles: a second pass changes nothing; a slow and simple normaliser agrees; no dot segment and,
// when they are merged, no "//" is left.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/octets.h"
#include "http/uri.h"

using namespace weir;
using namespace weir::http;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// One segment, decoded; nullopt and `fault` when it must be refused.
bool decode_segment(std::string_view raw, const PathPolicy& policy, std::string& out, PathFault& fault) {
    constexpr auto kHex = "0123456789ABCDEF";
    const auto refuses = [&](PathFault found) {
        fault = found;
        return !policy.allows(found);
    };
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const auto c = static_cast<unsigned char>(raw[i]);
        if (c == '%') {
            const int high = i + 1 < raw.size() ? hex_value(raw[i + 1]) : -1;
            const int low = i + 2 < raw.size() ? hex_value(raw[i + 2]) : -1;
            if (high < 0 || low < 0) {
                if (refuses(PathFault::bad_encoding)) return false;
                out += "%25";
                continue;
            }
            const int octet = high * 16 + low;
            if (octet == 0 && refuses(PathFault::encoded_nul)) return false;
            if (octet != 0 && (octet < 32 || octet == 127) && refuses(PathFault::control_octet)) return false;
            if (octet == '\\' && refuses(PathFault::backslash)) return false;
            if (octet < 128 && (is_alpha(static_cast<char>(octet)) || is_digit(static_cast<char>(octet)) ||
                                contains("-._~", static_cast<unsigned>(octet))))
                out += static_cast<char>(octet);
            else out.append("%").append(1, kHex[high]).append(1, kHex[low]);
            i += 2;
        } else {
            if (c == '\\' && refuses(PathFault::backslash)) return false;
            if ((c <= ' ' || c > 0x7e || c == '#' || c == '?') && refuses(PathFault::bad_octet)) return false;
            out += static_cast<char>(c);
        }
    }
    return true;
}

// "!" and the fault, or the normal form.
std::string reference(std::string_view path, const PathPolicy& policy) {
    PathFault fault{};
    const auto bad = [&] { return "!" + std::string(word_of(fault)); };
    fault = PathFault::bad_octet;
    if (path.empty() || path[0] != '/') return bad();
    std::vector<std::string> segments;
    std::size_t at = 1;
    for (bool is_last = false; !is_last;) {
        const auto slash = path.find('/', at);
        is_last = slash == std::string_view::npos;
        std::string segment;
        if (!decode_segment(path.substr(at, is_last ? slash : slash - at), policy, segment, fault)) return bad();
        if (segment == "..") {
            fault = PathFault::above_root;
            if (segments.empty() && !policy.allows(fault)) return bad();
            if (!segments.empty()) segments.pop_back();
            if (is_last) segments.emplace_back();
        } else if (segment == "." || (segment.empty() && policy.merges_slashes)) {
            if (is_last) segments.emplace_back();
        } else {
            segments.push_back(segment);
        }
        at = slash + 1;
    }
    std::string out;
    for (const auto& segment : segments) out.append("/").append(segment);
    return out;
}

std::string normal(std::string_view path, const PathPolicy& policy) {
    Arena arena;
    const auto buffer = std::make_unique<char[]>(path.size());
    path.copy(buffer.get(), path.size());
    const auto result = normalise_path({buffer.get(), path.size()}, policy, arena);
    return result ? std::string(*result) : "!" + std::string(word_of(result.error()));
}

void check_path(std::string_view path, const PathPolicy& policy) {
    const auto once = normal(path, policy);
    require(once == reference(path, policy));
    if (once.front() == '!') return;
    require(normal(once, policy) == once);
    require(once.front() == '/' && once.find("/./") == std::string::npos && (once + "/").find("/../") == std::string::npos);
    require(!policy.merges_slashes || once.find("//") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const PathPolicy policy{.allowed = static_cast<std::uint8_t>(data[0] & 0x3fU), .merges_slashes = (data[0] & 0x40U) == 0};
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    check_path(text, policy);
    Arena arena;
    if (const auto target = parse_target(text, policy, arena); target && text != "*") {
        require(std::string(target->raw_path) + (target->has_query ? "?" : "") + std::string(target->query) == text);
        require(target->path == normal(target->raw_path, policy));
        for_each_parameter(target->query, [&](std::string_view name, std::string_view, bool) {
            require(query_parameter(target->query, percent_decode(name, true, arena), arena).has_value());
        });
    }
    if (const auto form = split_absolute(text))
        require(std::string(form->scheme) + "://" + std::string(form->authority) + std::string(form->target) == text);
    require(percent_decode(text, false, arena).size() <= text.size());
    return 0;
}
