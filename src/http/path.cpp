// Normal form of paths. Two octet sequences that an origin may read as one path should decide alike; what it may read in two ways
// is refused (path confusion: "/admin" behind "/a/%2e%2e/admin", "/a\..\admin", "/a//admin").
#include <cstring>

#include "base/text.h"
#include "http/octets.h"
#include "http/uri.h"

namespace weir::http {

std::string_view word_of(PathFault fault) {
    switch (fault) {
        case PathFault::encoded_nul: return "encoded_nul";
        case PathFault::control_octet: return "control_octet";
        case PathFault::bad_encoding: return "bad_encoding";
        case PathFault::above_root: return "above_root";
        case PathFault::backslash: return "backslash";
        case PathFault::bad_octet: return "bad_octet";
    }
    return "unknown";
}

namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

// The octet that "%XY" at `at` stands for; -1 when that is no escape.
int decode_at(std::string_view path, std::size_t at) {
    if (path.size() - at < 3) return -1;
    const int high = hex_value(path[at + 1]);
    const int low = hex_value(path[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::optional<PathFault> fault_of_escape(int octet) {
    if (octet < 0) return PathFault::bad_encoding;
    if (octet == 0) return PathFault::encoded_nul;
    if (octet < 0x20 || octet == 0x7f) return PathFault::control_octet;
    if (octet == '\\') return PathFault::backslash;
    return std::nullopt;
}

bool is_unreserved(int octet) { return octet >= 0 && is_octet(static_cast<char>(octet), kUnreservedOctet); }

// Is the escape at `at` in normal form and without a fault?
bool is_clean_escape(std::string_view path, std::size_t at) {
    const int octet = decode_at(path, at);
    if (fault_of_escape(octet) || is_unreserved(octet)) return false;
    return path[at + 1] < 'a' && path[at + 2] < 'a';
}

// Does "." or ".." as a whole segment start at `at`, the octet after a '/'?
bool is_dot_segment(std::string_view path, std::size_t at) {
    auto after = at + 1;
    if (after < path.size() && path[after] == '.') ++after;
    return after == path.size() || path[after] == '/';
}

// The first octet that may not be in normal form: everything before it is. path.size() when all of it is.
std::size_t find_unclean(std::string_view path, bool merges_slashes) {
    for (std::size_t at = 1; at < path.size(); ++at) {
        const char c = path[at];
        if (is_octet(c, kPlainPathOctet)) [[likely]]
            continue;
        const bool begins_segment = path[at - 1] == '/';
        if (c == '/') {
            if (begins_segment && merges_slashes) return at;
        } else if (c == '.') {
            if (begins_segment && is_dot_segment(path, at)) return at;
        } else if (c == '%' && is_clean_escape(path, at)) {
            at += 2;
        } else {
            return at;
        }
    }
    return path.size();
}

// Writes the normal form, segment by segment. `out` always begins with '/', and ends with one where a segment begins.
class Normaliser {
public:
    Normaliser(std::string_view path, const PathPolicy& policy, char* out) : path_(path), policy_(policy), out_(out) {}

    // `clean` octets at the start are in normal form already.
    std::expected<std::size_t, PathFault> run(std::size_t clean) {
        at_ = path_.rfind('/', clean - 1) + 1;
        std::memcpy(out_, path_.data(), at_);
        size_ = at_;
        for (bool is_last = false; !is_last;) {
            const auto start = size_;
            if (const auto fault = decode_segment()) return std::unexpected(*fault);
            is_last = at_ == path_.size();
            if (const auto fault = end_segment(start, is_last)) return std::unexpected(*fault);
            ++at_;
        }
        return size_;
    }

private:
    void put(char c) { out_[size_++] = c; }

    std::optional<PathFault> decode_segment() {
        for (; at_ < path_.size() && path_[at_] != '/'; ++at_) {
            const char c = path_[at_];
            std::optional<PathFault> fault;
            if (c == '%') fault = decode_escape();
            else if (is_octet(c, kPlainPathOctet) || c == '.') put(c);
            else fault = keep_odd_octet(c);
            if (fault) return fault;
        }
        return std::nullopt;
    }

    std::optional<PathFault> keep_odd_octet(char c) {
        const auto fault = c == '\\' ? PathFault::backslash : PathFault::bad_octet;
        if (!policy_.allows(fault)) return fault;
        put(c);
        return std::nullopt;
    }

    std::optional<PathFault> decode_escape() {
        const int octet = decode_at(path_, at_);
        if (const auto fault = fault_of_escape(octet); fault && !policy_.allows(*fault)) return fault;
        if (octet < 0) {
            put('%'), put('2'), put('5');
            return std::nullopt;
        }
        // Once and no further: "%2541" stays "%2541" (double decoding).
        if (is_unreserved(octet)) {
            put(static_cast<char>(octet));
        } else {
            put('%'), put(kUpperHex[static_cast<unsigned>(octet) >> 4U]), put(kUpperHex[static_cast<unsigned>(octet) & 15U]);
        }
        at_ += 2;
        return std::nullopt;
    }

    // RFC 3986 5.2.4, on the decoded segment: "%2e%2e" climbs as ".." does.
    std::optional<PathFault> end_segment(std::size_t start, bool is_last) {
        const std::string_view segment(out_ + start, size_ - start);
        if (segment == ".") {
            size_ = start;
        } else if (segment == "..") {
            size_ = start;
            return climb();
        } else if (!is_last && !(segment.empty() && policy_.merges_slashes)) {
            put('/');
        }
        return std::nullopt;
    }

    std::optional<PathFault> climb() {
        if (size_ == 1) return policy_.allows(PathFault::above_root) ? std::nullopt : std::optional(PathFault::above_root);
        do --size_;
        while (out_[size_ - 1] != '/');
        return std::nullopt;
    }

    std::string_view path_;
    const PathPolicy& policy_;
    char* out_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;
};

}  // namespace

std::expected<std::string_view, PathFault> normalise_path(std::string_view path, const PathPolicy& policy, Arena& arena) {
    if (path.empty() || path.front() != '/') return std::unexpected(PathFault::bad_octet);
    const auto clean = find_unclean(path, policy.merges_slashes);
    if (clean == path.size()) return path;
    // An escape never grows, but a lone '%' becomes "%25".
    const std::size_t growth = policy.allows(PathFault::bad_encoding) ? 3 : 1;
    auto* out = static_cast<char*>(arena.allocate(path.size() * growth, 1));
    const auto size = Normaliser(path, policy, out).run(clean);
    if (!size) return std::unexpected(size.error());
    return std::string_view(out, *size);
}

}  // namespace weir::http
