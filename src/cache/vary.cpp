#include "cache/vary.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "http/octets.h"
#include "http/weight.h"

namespace weir::cache {

using http::FieldId;

namespace {

struct TokenLook {
    bool is_token = false;
    bool has_upper = false;
};

TokenLook look_at(std::string_view text) {
    unsigned all = http::kTokenOctet;
    unsigned any = 0;
    for (const char c : text) {
        const unsigned classes = http::kOctetClasses[static_cast<unsigned char>(c)];
        all &= classes;
        any |= classes;
    }
    return {.is_token = all != 0, .has_upper = (any & http::kUpperOctet) != 0};
}

bool is_token(std::string_view text) { return look_at(text).is_token; }

struct Names {
    std::array<std::string_view, kVaryNamesMax> all;
    std::size_t count = 0;

    bool add(std::string_view name) {
        if (count == all.size()) return false;
        all[count++] = name;
        return true;
    }
};

std::string_view lower_in(Arena& arena, std::string_view text) {
    auto* const to = static_cast<char*>(arena.allocate(text.size(), 1));
    std::ranges::transform(text, to, to_lower);
    return {to, text.size()};
}

void collect(std::string_view list, Vary& vary, Names& names, Arena& arena) {
    for_each_token(list, [&](std::string_view name) {
        if (name == "*") vary.is_any = true;
        else if (vary.is_too_long || !is_token(name)) vary.is_too_long = true;
        else vary.is_too_long = !names.add(lower_in(arena, name));
    });
}

std::string_view join(std::span<const std::string_view> names, Arena& arena) {
    std::size_t octets = 0;
    for (const auto name : names) octets += name.size() + 1;
    if (octets == 0) return {};
    auto* const text = static_cast<char*>(arena.allocate(octets, 1));
    char* at = text;
    for (const auto name : names) {
        at += name.copy(at, name.size());
        *at++ = ',';
    }
    return {text, octets - 1};
}

}  // namespace

Vary read_vary(const http::Fields& response, Arena& arena) {
    Vary vary;
    if (!response.has(FieldId::vary)) return vary;
    Names names;
    for (const auto& field : response)
        if (field.id == FieldId::vary) collect(field.value, vary, names, arena);
    if (vary.is_any || vary.is_too_long) return vary;
    const auto all = std::span(names.all).first(names.count);
    std::ranges::sort(all);
    const auto doubled = std::ranges::unique(all);
    vary.names = join(all.first(all.size() - doubled.size()), arena);
    return vary;
}

namespace {

// Text of bounded size on the stack, until it is known to fit.
class Text {
public:
    void put(char c) {
        if (size_ == octets_.size()) overflows_ = true;
        else octets_[size_++] = c;
    }
    void put(std::string_view text) {
        if (text.size() > octets_.size() - size_) {
            overflows_ = true;
            return;
        }
        size_ += text.copy(octets_.data() + size_, text.size());
    }
    bool overflows() const { return overflows_; }
    std::string_view view() const { return {octets_.data(), size_}; }

private:
    std::array<char, kVariantKeyOctetsMax> octets_;
    std::size_t size_ = 0;
    bool overflows_ = false;
};

bool is_space(char c) { return c == ' ' || c == '\t'; }

// The generic normal form: white space around commas goes, but not inside of quotes, where it may mean something.
void put_list(std::string_view value, Text& out) {
    bool is_quoted = false;
    std::size_t at = 0;
    while (at < value.size()) {
        const char c = value[at];
        if (is_quoted) {
            out.put(c);
            if (c == '\\' && at + 1 < value.size()) out.put(value[++at]);
            else if (c == '"') is_quoted = false;
            ++at;
            continue;
        }
        auto next = at;
        while (next < value.size() && is_space(value[next])) ++next;
        if (next != at && (next == value.size() || value[next] == ',' || at == 0 || value[at - 1] == ',')) {
            at = next;
            continue;
        }
        is_quoted = c == '"';
        out.put(c);
        ++at;
    }
}

using http::Weighted;
constexpr std::size_t kWeightedMax = 32;

// In lower case; none: it is no token, or its weight is faulty.
std::optional<Weighted> read_token(std::string_view element, Arena& arena) {
    auto one = http::read_weighted(element);
    if (!one || one->name.empty()) return std::nullopt;
    const auto look = look_at(one->name);
    if (!look.is_token) return std::nullopt;
    if (look.has_upper) one->name = lower_in(arena, one->name);
    return one;
}

// x-gzip and x-compress are other names of gzip and compress (RFC 9110 8.4.1.3).
std::string_view plain_coding(std::string_view name) { return name == "x-gzip" || name == "x-compress" ? name.substr(2) : name; }

struct WeightedList {
    std::array<Weighted, kWeightedMax> all;
    std::size_t count = 0;
    std::span<const Weighted> used() const { return std::span(all).first(count); }
};

bool is_before(const Weighted& a, const Weighted& b) { return a.weight != b.weight ? a.weight > b.weight : a.name < b.name; }

// In its place. Of equal weight the order says nothing (RFC 9110 12.4.2, 12.5.4); of a name with two weights nobody knows which counts.
bool insert(WeightedList& list, const Weighted& one) {
    for (const auto& other : list.used())
        if (other.name == one.name) return other.weight == one.weight;
    if (list.count == kWeightedMax) return false;
    auto at = list.count++;
    for (; at != 0 && is_before(one, list.all[at - 1]); --at) list.all[at] = list.all[at - 1];
    list.all[at] = one;
    return true;
}

// False: not in the grammar, too long, or ambiguous.
bool read_weighted_list(std::string_view value, WeightedList& out, Arena& arena) {
    bool is_good = true;
    for_each_token(value, [&](std::string_view element) {
        const auto one = is_good ? read_token(element, arena) : std::nullopt;
        is_good = one && insert(out, {plain_coding(one->name), one->weight});
    });
    return is_good;
}

void put_weighted(const WeightedList& list, Text& out) {
    for (const auto& one : list.used()) {
        if (&one != list.all.data()) out.put(',');
        out.put(one.name);
        if (one.weight == http::kFullWeight) continue;
        out.put(";q=0.");
        for (unsigned unit = 100; unit != 0; unit /= 10) out.put(static_cast<char>('0' + one.weight / unit % 10));
    }
}

constexpr std::string_view kAcceptLanguage = "accept-language";

void put_value(std::string_view name, std::string_view value, Text& out, Arena& arena) {
    WeightedList list;
    const bool is_weighted = equal_ignoring_case(name, "accept-encoding") || equal_ignoring_case(name, kAcceptLanguage);
    if (is_weighted && read_weighted_list(value, list, arena)) put_weighted(list, out);
    else put_list(value, out);
}

}  // namespace

std::optional<std::string_view> variant_key(std::string_view names, const http::Fields& request, Arena& arena) {
    if (names.empty()) return std::string_view{};
    Text text;
    text.put(names);
    for_each_token(names, [&](std::string_view name) {
        text.put('\n');
        if (request.find(name) == nullptr) return;  // an absent field matches only where it is absent (RFC 9111 4.1)
        text.put(':');
        put_value(name, request.joined(name), text, arena);
    });
    return text.overflows() ? std::nullopt : std::optional(arena.copy(text.view()));
}

bool wants_language(const http::Fields& request, std::string_view content_language) {
    if (content_language.empty() || !is_token(content_language) || request.find(kAcceptLanguage) == nullptr) return false;
    WeightedList list;
    if (!read_weighted_list(request.joined(kAcceptLanguage), list, request.arena()) || list.count == 0) return false;
    const bool is_alone = list.count == 1 || list.all[1].weight < list.all[0].weight;
    return is_alone && list.all[0].weight != 0 && equal_ignoring_case(list.all[0].name, content_language);
}

}  // namespace weir::cache
