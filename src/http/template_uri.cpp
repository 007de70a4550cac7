// Templates that make a URI: what a value may become there depends on what it is and where it lands.
#include <algorithm>
#include <array>

#include "http/octets.h"
#include "http/template.h"
#include "http/variables.h"

namespace weir::http {
namespace {

enum class Origin : std::uint8_t {
    ours,      // can't be steered by a client, or was checked as an authority
    uri_text,  // is percent-encoded already
    foreign,   // any octets
};

Origin origin_of(Variable variable) {
    switch (variable) {
        case Variable::uri:
        case Variable::path:
        case Variable::raw_path:
        case Variable::query:
        case Variable::capture: return Origin::uri_text;
        case Variable::scheme:
        case Variable::host:
        case Variable::authority:
        case Variable::port: return Origin::ours;
        default: return Origin::foreign;
    }
}

// Begins with '/' whatever the client sends: never a part of a host.
bool is_path(Variable variable) { return variable == Variable::uri || variable == Variable::path || variable == Variable::raw_path; }

// What a foreign value keeps: nothing that ends a path segment or a parameter.
bool is_plain(char c) { return is_octet(c, kUnreservedOctet) || std::string_view("!$'()*,;:@").contains(c); }
bool is_host_text(char c) { return is_octet(c, kHostOctet) || c == ':' || c == '[' || c == ']'; }

std::string_view encode(std::string_view text, bool (*keeps)(char), Arena& arena) {
    const auto escapes = static_cast<std::size_t>(std::ranges::count_if(text, [keeps](char c) { return !keeps(c); }));
    if (escapes == 0) return text;
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto octets = text.size() + 2 * escapes;
    auto* const first = static_cast<char*>(arena.allocate(octets, 1));
    auto* out = first;
    for (const char c : text) {
        if (keeps(c)) {
            *out++ = c;
            continue;
        }
        *out++ = '%';
        *out++ = kHex[static_cast<unsigned char>(c) >> 4U];
        *out++ = kHex[static_cast<unsigned char>(c) & 15U];
    }
    return {first, octets};
}

bool ends_authority(char c) { return c == '/' || c == '?' || c == '#'; }

bool is_scheme_text(char c) { return is_octet(c, kUnreservedOctet) || c == '+'; }

// Follows the text as it grows: is its end inside the authority ("https://exam")?
class AuthorityWatch {
public:
    bool is_inside() const { return state_ == State::inside; }
    bool is_empty() const { return octets_ == 0; }

    void add(std::string_view text, bool is_literal) {
        if (state_ == State::before) text = skip_scheme(text, is_literal);
        if (state_ != State::inside) return;
        const auto* end = std::ranges::find_if(text, ends_authority);
        octets_ += static_cast<std::size_t>(end - text.begin());
        if (end != text.end()) state_ = State::behind;
    }

private:
    enum class State : std::uint8_t { before, inside, behind };

    // "//" at the very start, or "://" in a literal with nothing but a scheme before it, begins the authority.
    std::string_view skip_scheme(std::string_view text, bool is_literal) {
        const auto* end = std::ranges::find_if_not(text, is_scheme_text);
        scheme_octets_ += static_cast<std::size_t>(end - text.begin());
        if (end == text.end()) return {};
        const std::string_view rest(end, text.end());
        const std::string_view mark = scheme_octets_ == 0 ? "//" : "://";
        state_ = is_literal && rest.starts_with(mark) ? State::inside : State::behind;
        return state_ == State::inside ? rest.substr(mark.size()) : rest;
    }

    State state_ = State::before;
    std::size_t scheme_octets_ = 0;
    std::size_t octets_ = 0;
};

// "https://example.com" + value: a further part of the name when a literal goes on with it, else the path.
bool continues_host(std::span<const TemplatePart> rest) {
    if (rest.empty() || rest[0].variable != Variable::literal) return false;
    return !ends_authority(rest[0].name.front());
}

struct Pieces {
    std::span<std::string_view> all;
    std::size_t count = 0;
    std::size_t octets = 0;
    void add(std::string_view piece) {
        all[count++] = piece;
        octets += piece.size();
    }
};

}  // namespace

std::string_view Template::evaluate_uri(const Facts& facts, Arena& arena) const {
    if (is_literal()) return literal_prefix();
    AuthorityWatch watch;
    Pieces pieces{.all = arena.make_array<std::string_view>(2 * parts_.size())};
    const std::span<const TemplatePart> parts(parts_);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto* buffer = needs_buffer(parts[i].variable) ? static_cast<char*>(arena.allocate(kValueBuffer, 1)) : nullptr;
        auto value = value_of(parts[i], facts, arena, buffer);
        const bool is_literal_part = parts[i].variable == Variable::literal;
        const auto origin = is_literal_part ? Origin::ours : origin_of(parts[i].variable);
        if (origin == Origin::uri_text && value == "*") value = "/";  // the '*' of OPTIONS is no path
        const bool is_host = watch.is_inside() && !is_path(parts[i].variable) && (watch.is_empty() || continues_host(parts.subspan(i + 1)));
        if (origin != Origin::ours && is_host) value = encode(value, is_host_text, arena);
        if (origin == Origin::foreign && !is_host) value = encode(value, is_plain, arena);
        const bool begins_path = origin != Origin::ours && watch.is_inside() && !is_host && !value.empty();
        if (begins_path && !ends_authority(value.front())) pieces.add("/"), watch.add("/", false);
        watch.add(value, is_literal_part);
        pieces.add(value);
    }
    auto* const first = static_cast<char*>(arena.allocate(pieces.octets, 1));
    auto* out = first;
    for (const auto piece : pieces.all.first(pieces.count)) out = std::ranges::copy(piece, out).out;
    return {first, pieces.octets};
}

}  // namespace weir::http
