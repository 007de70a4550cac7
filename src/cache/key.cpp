#include "cache/key.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/put_text.h"
#include "base/text.h"
#include "cache/vary.h"
#include "http/uri.h"

namespace weir::cache {

bool matches_glob(std::string_view glob, std::string_view text) {
    std::size_t g = 0, t = 0;
    std::size_t star = std::string_view::npos, retry = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            retry = t;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
            ++g, ++t;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            t = ++retry;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == '*') ++g;
    return g == glob.size();
}

namespace {

bool matches_one(const std::vector<std::string>& globs, std::string_view name) {
    return std::ranges::any_of(globs, [&](const std::string& glob) { return matches_glob(glob, name); });
}

bool counts(const KeyPlan& plan, std::string_view raw_name, Arena& arena) {
    const bool is_coded = raw_name.find_first_of("%+") != std::string_view::npos;
    const auto name = is_coded ? http::percent_decode(raw_name, true, arena) : raw_name;
    if (!plan.kept.empty() && !matches_one(plan.kept, name)) return false;
    return !matches_one(plan.dropped, name);
}

struct Parameter {
    std::string_view text;  // "name=value", as it came
    std::string_view name;
    friend bool operator<(const Parameter& a, const Parameter& b) {
        // Equal names keep their order.
        return a.name != b.name ? a.name < b.name : a.text.data() < b.text.data();
    }
};

// Those that count, in the order of the key.
std::span<const Parameter> choose(const KeyPlan& plan, std::string_view query, std::size_t most, Arena& arena) {
    const auto all = arena.make_array<Parameter>(most);
    std::size_t count = 0;
    http::for_each_parameter(query, [&](std::string_view name, std::string_view value, bool has_equals) {
        if (!counts(plan, name, arena)) return;
        const auto size = has_equals ? name.size() + 1 + value.size() : name.size();
        all[count++] = {.text = {name.data(), size}, .name = name};
    });
    const auto used = all.first(count);
    if (plan.sorts_query) std::ranges::sort(used, [](const Parameter& a, const Parameter& b) { return a < b; });
    return used;
}

std::string_view join(std::span<const Parameter> parameters, std::size_t octets_max, Arena& arena) {
    auto* const text = static_cast<char*>(arena.allocate(octets_max + 1, 1));
    char* at = text;
    for (const auto& parameter : parameters) {
        if (at != text) *at++ = '&';
        at += parameter.text.copy(at, parameter.text.size());
    }
    return {text, static_cast<std::size_t>(at - text)};
}

struct Query {
    std::string_view text;
    bool has = false;
    bool is_changed = false;
};

// nullopt: more parameters than can be looked at.
std::optional<Query> query_of(const KeyPlan& plan, const KeyInput& input, Arena& arena) {
    if (!input.has_query) return Query{};
    if (!plan.keeps_query) return Query{.is_changed = true};
    if (plan.dropped.empty() && plan.kept.empty() && !plan.sorts_query) return Query{.text = input.query, .has = true};
    const auto most = static_cast<std::size_t>(std::ranges::count(input.query, '&')) + 1;
    if (most > kKeyParametersMax) return std::nullopt;
    const auto text = join(choose(plan, input.query, most, arena), input.query.size(), arena);
    const bool has = !text.empty();
    return Query{.text = text, .has = has, .is_changed = !has || text != input.query};
}

// One pass over all: they are short, and seldom hold one.
bool needs_escape(std::string_view text) {
    bool needs = false;
    for (const char c : text) needs |= c == '\n' || c == '\\';
    return needs;
}

// The text of the key. Parts cannot run into each other: '\n' begins one, and within one it is escaped.
class Writer {
public:
    void put(std::string_view text) {
        if (text.size() > octets_.size() - size_) return static_cast<void>(overflows_ = true);
        put_text(octets_.data() + size_, text);
        size_ += text.size();
    }
    void put_escaped(std::string_view text) {
        if (!needs_escape(text)) return put(text);
        for (const char c : text) {
            if (c == '\n') put("\\n");
            else if (c == '\\') put("\\\\");
            else put({&c, 1});
        }
    }
    std::size_t size() const { return size_; }
    std::optional<std::string_view> done(Arena& arena) const {
        return overflows_ ? std::nullopt : std::optional(arena.copy({octets_.data(), size_}));
    }

private:
    std::array<char, kKeyOctetsMax> octets_;
    std::size_t size_ = 0;
    bool overflows_ = false;
};

void put_origin(const KeyInput& input, Writer& out) {
    const bool is_ipv6 = input.host.find(':') != std::string_view::npos;
    out.put(http::name_of(input.scheme));
    out.put("://");
    if (is_ipv6) out.put("[");
    out.put(input.host);
    if (is_ipv6) out.put("]");
    const std::uint16_t usual = input.scheme == http::Scheme::https ? 443 : 80;
    // A port that the client makes up may stand in the origin's links: it is part of who was asked.
    if (input.port == 0 || input.port == usual) return;
    std::array<char, 5> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), input.port).ptr;
    out.put(":");
    out.put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void put_uri(const KeyInput& input, const Query& query, Writer& out) {
    put_origin(input, out);
    out.put_escaped(input.path);
    if (!query.has) return;
    out.put("?");
    out.put_escaped(query.text);
}

void put_part(std::string_view kind, std::string_view name, std::optional<std::string_view> value, Writer& out) {
    out.put("\n");
    out.put(kind);
    out.put(name);
    if (!value) return;
    out.put(":");
    out.put_escaped(*value);
}

// False: a header longer than a key may be.
bool put_headers(const KeyPlan& plan, const KeyInput& input, Writer& out, Arena& arena) {
    for (const auto& name : plan.headers) {
        const auto normal = variant_key(name, *input.fields, arena);
        if (!normal) return false;
        const auto value = normal->substr(name.size() + 1);
        put_part("h ", name, value.empty() ? std::nullopt : std::optional(value.substr(1)), out);
    }
    return true;
}

std::optional<std::string_view> cookie(const http::Fields& fields, std::string_view name) {
    for (const auto& field : fields) {
        if (field.id != http::FieldId::cookie) continue;
        if (const auto value = http::cookie_value(field.value, name)) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Key> make_key(const KeyPlan& plan, const KeyInput& input, Arena& arena) {
    const auto query = query_of(plan, input, arena);
    if (!query) return std::nullopt;
    Writer out;
    put_uri(input, *query, out);
    const auto uri_octets = out.size();
    if (!plan.scope.empty()) put_part("r ", plan.scope, std::nullopt, out);
    if (input.fields != nullptr) {
        if (!put_headers(plan, input, out, arena)) return std::nullopt;
        for (const auto& name : plan.cookies) put_part("c ", name, cookie(*input.fields, name), out);
    }
    const auto text = out.done(arena);
    if (!text) return std::nullopt;
    return Key{.text = *text,
               .uri = text->substr(0, uri_octets),
               .query = query->text,
               .has_query = query->has,
               .is_query_changed = query->is_changed};
}

std::optional<std::string_view> uri_key(const KeyPlan& plan, const KeyInput& input, Arena& arena) {
    const auto query = query_of(plan, input, arena);
    if (!query) return std::nullopt;
    Writer out;
    put_uri(input, *query, out);
    return out.done(arena);
}

std::string_view uri_part(std::string_view key) { return key.substr(0, key.find('\n')); }

namespace {

// Collected from what frameworks and servers are known to read: overridden hosts, schemes, ports, prefixes, paths and methods, words
// between a framework and the server before it, markup (ESI) that only a surrogate understands. Weir writes its own X-Forwarded-… after
// this, from what is in the key.
constexpr std::string_view kDangerous[] = {
    "Forwarded",
    "Front-End-Https",
    "Surrogate-Capability",
    "X-Accel-Mapping",
    "X-Amz-Website-Redirect-Location",
    "X-Envoy-Original-Path",
    "X-Forwarded",
    "X-Forwarded-Base",
    "X-Forwarded-By",
    "X-Forwarded-Host",
    "X-Forwarded-Path",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Protocol",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-Uri",
    "X-Host",
    "X-HTTP-DestinationURL",
    "X-HTTP-Host-Override",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Invoke-Path",
    "X-Invoke-Query",
    "X-Invoke-Status",
    "X-Matched-Path",
    "X-Method-Override",
    "X-Middleware-Prefetch",
    "X-Middleware-Rewrite",
    "X-Middleware-Subrequest",
    "X-Now-Route-Matches",
    "X-Original-Host",
    "X-Original-Method",
    "X-Original-Path",
    "X-Original-Scheme",
    "X-Original-URI",
    "X-Original-URL",
    "X-Override-URL",
    "X-Proxy-URL",
    "X-Rewrite-URI",
    "X-Rewrite-URL",
    "X-Script-Name",
    "X-Sendfile-Type",
    "X-URL-Scheme",
};

constexpr std::uint64_t bit_of(std::size_t number) { return number < 64 ? std::uint64_t{1} << number : 0; }

// Of most fields their first letter and their length tell that they are none of these.
struct Marks {
    std::uint64_t initials = 0, lengths = 0;
    constexpr Marks() {
        for (const auto name : kDangerous) initials |= initial_of(name), lengths |= bit_of(name.size());
    }
    static constexpr std::uint64_t initial_of(std::string_view name) {
        return name.empty() ? 0 : bit_of(static_cast<unsigned char>(to_lower(name.front())) - std::size_t{'a'});
    }
    constexpr bool may_have(std::string_view name) const {
        return (initials & initial_of(name)) != 0 && (lengths & bit_of(name.size())) != 0;
    }
};
constexpr Marks kMarks;

}  // namespace

bool is_dangerous_unkeyed(std::string_view name, const KeyPlan& plan) {
    if (!kMarks.may_have(name)) return false;
    const auto is_name = [&](std::string_view other) { return equal_ignoring_case(name, other); };
    return std::ranges::any_of(kDangerous, is_name) && std::ranges::none_of(plan.headers, is_name);
}

bool has_dangerous_unkeyed(const http::Fields& request, const KeyPlan& plan) {
    return std::ranges::any_of(request, [&](const http::Field& field) { return is_dangerous_unkeyed(field.name, plan); });
}

void remove_dangerous_unkeyed(http::Fields& request, const KeyPlan& plan) {
    request.remove_if([&](const http::Field& field) { return is_dangerous_unkeyed(field.name, plan); });
}

}  // namespace weir::cache
