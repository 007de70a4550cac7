// The argument grammar of a directive, written as its synopsis: "SERVER... [weight N(1..1000)=1] [backup]". It is read at compile time
// (a faulty one does not compile) and drives the check, the errors, the manual and the completion.
//
//   lower           a keyword, to be written as it stands; a|b|c: one of them; a|N: a keyword or a value; \GET: a keyword in capitals
//   UPPER           a value of the kind that kPlaceholders gives that name; N(1..9): a whole number in that range
//   UPPER...        one or more
//   [UPPER]  [a|b]  may be left out
//   [word UPPER]    an option: behind everything else, in any order; =text: what holds when it is not given
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace weir::config {

enum class Kind : std::uint8_t {
    text,
    name,
    upstream,
    origin,
    policy,
    directive,
    duration,
    size,
    byte_rate,
    rate,
    percent,
    integer,
    network,
    listen,
    server,
    name_server,
    site,
    host,
    status,
    statuses,
    method,
    field,
    value,
    path,
    pattern,
    match,
    regex,
    templated,
    file,
};

struct Placeholder {
    std::string_view name;
    Kind kind;
    std::string_view help;  // for the manual: "TIME is …"
};

inline constexpr Placeholder kPlaceholders[] = {
    {"NAME", Kind::name, "a name: letters, digits, `-`, `_` and `.`"},
    {"GROUP", Kind::name, "the name of a group of users"},
    {"UPSTREAM", Kind::upstream, "the name of an `upstream`"},
    {"ORIGIN", Kind::origin, "the name of an `upstream`, or the address of a server"},
    {"POLICY", Kind::policy, "the name of a `policy`"},
    {"DIRECTIVE", Kind::directive, "the name of a directive"},
    {"TIME", Kind::duration, "a time with its unit: `250ms`, `10s`, `5m`, `2h`, `7d`"},
    {"SIZE", Kind::size, "a size with its unit: `512B`, `8KiB`, `64MiB`, `1GiB`"},
    {"BYTERATE", Kind::byte_rate, "a size a second: `240B/s`, `64KiB/s`"},
    {"RATE", Kind::rate, "a number a second, minute or hour: `20/s`, `100/m`, `5/h`"},
    {"PERCENT", Kind::percent, "a share: `5%`, `0.25%`"},
    {"N", Kind::integer, "a whole number"},
    {"CIDR", Kind::network, "an address or a network: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`"},
    {"ADDRESS", Kind::listen,
     "an address of this machine with its port: `:8080` (every address), `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/x.sock`"},
    {"SERVER", Kind::server,
     "the address of a server with its port: `app:3000`, `10.0.0.1:80`, `[::1]:80`, `unix:/run/app.sock`; `https://app` means TLS"},
    {"NAMESERVER", Kind::name_server, "the address of a name server, port 53 unless it says otherwise: `10.0.0.2`, `[::1]:5353`"},
    {"SITE", Kind::site,
     "where a site is reached: `example.com`, `*.example.com`, `http://localhost:8080`, `:8080`, `127.0.0.1:8080`, `*`"},
    {"HOST", Kind::host, "a host name: `shop.example.com`"},
    {"STATUS", Kind::status, "a status: `404`"},
    {"STATUSES", Kind::statuses, "a status or a range of them: `503`, `500-599`"},
    {"METHOD", Kind::method, "a method, in capitals: `GET`"},
    {"FIELD", Kind::field, "the name of a header: `X-Beta`"},
    {"VALUE", Kind::value, "a text with variables, or `file:PATH` for a secret that is read from a file"},
    {"PATH", Kind::path, "a path of a URL: `/healthz`"},
    {"PATTERN", Kind::pattern, "a path pattern: exact `/a`, prefix `/a/*`, glob `/a/*/b` or `*.png`, regex `~^/x`"},
    {"MATCH", Kind::match, "a text, a glob with `*`, or a `~regex`"},
    {"REGEX", Kind::regex, "a PCRE2 regex behind `~`: `~^/v([0-9]+)/`"},
    {"TEXT", Kind::text, "any text"},
    {"TEMPLATE", Kind::templated, "a text with variables: `https://$host$uri`"},
    {"FILE", Kind::file, "a path of the file system"},
};

constexpr const Placeholder* find_placeholder(std::string_view name) {
    for (const auto& placeholder : kPlaceholders)
        if (placeholder.name == name) return &placeholder;
    return nullptr;
}

// One place of a form: what a word there may be.
struct Slot {
    std::vector<std::string_view> keywords;  // alternatives; with a placeholder: besides it
    const Placeholder* placeholder = nullptr;
    std::uint64_t low = 0, high = ~std::uint64_t{0};  // of a whole number
    std::string_view fallback;
    bool is_repeated = false;
    bool is_optional = false;
};

struct Option {
    std::string_view keyword;
    std::vector<Slot> slots;
};

struct Form {
    std::vector<Slot> slots;
    std::vector<Option> options;

    const Option* option(std::string_view keyword) const {
        for (const auto& option : options)
            if (option.keyword == keyword) return &option;
        return nullptr;
    }
};

namespace form_detail {

constexpr void require(bool condition, const char* what) {
    if (!condition) throw std::logic_error(what);  // in a constant expression: does not compile
}

constexpr std::string_view take_token(std::string_view& rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const auto token = rest.substr(0, rest.find(' '));
    rest.remove_prefix(token.size());
    return token;
}

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

constexpr std::uint64_t read_number(std::string_view digits) {
    require(!digits.empty(), "a range has numbers");
    std::uint64_t value = 0;
    for (const char c : digits) {
        require(is_digit(c), "a range has numbers");
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

// "1..1000)" behind "N(".
constexpr void read_range(std::string_view text, Slot& slot) {
    const auto dots = text.find("..");
    require(dots != std::string_view::npos && text.ends_with(')'), "a range is (LOW..HIGH)");
    slot.low = read_number(text.substr(0, dots));
    slot.high = read_number(text.substr(dots + 2, text.size() - dots - 3));
}

constexpr void read_alternative(std::string_view text, Slot& slot) {
    require(!text.empty(), "an empty alternative");
    if (text.front() == '\\') return slot.keywords.push_back(text.substr(1));
    if (!is_upper(text.front())) return slot.keywords.push_back(text);
    const auto paren = text.find('(');
    slot.placeholder = find_placeholder(text.substr(0, paren));
    require(slot.placeholder != nullptr, "an unknown placeholder");
    if (paren != std::string_view::npos) read_range(text.substr(paren + 1), slot);
}

constexpr Slot read_slot(std::string_view text) {
    Slot slot;
    if (text.size() > 3 && text.ends_with("...")) {
        slot.is_repeated = true;
        text.remove_suffix(3);
    }
    const auto equals = text.find('=');
    if (equals != std::string_view::npos && (is_upper(text.front()) || text.contains('|'))) {
        slot.fallback = text.substr(equals + 1);
        text = text.substr(0, equals);
    }
    while (true) {
        const auto bar = text.find('|');
        read_alternative(text.substr(0, bar), slot);
        if (bar == std::string_view::npos) return slot;
        text.remove_prefix(bar + 1);
    }
}

constexpr bool is_option(std::string_view inside) {
    const auto first = take_token(inside);
    return !is_upper(first.front()) && !first.contains('|');
}

constexpr Option read_option(std::string_view inside) {
    Option option;
    option.keyword = take_token(inside);
    while (true) {
        const auto token = take_token(inside);
        if (token.empty()) return option;
        option.slots.push_back(read_slot(token));
    }
}

constexpr void read_bracket(std::string_view inside, Form& form) {
    if (is_option(inside)) return form.options.push_back(read_option(inside));
    require(form.options.empty(), "a place behind an option");
    form.slots.push_back(read_slot(inside));
    form.slots.back().is_optional = true;
}

}  // namespace form_detail

constexpr Form read_form(std::string_view text) {
    Form form;
    while (true) {
        while (text.starts_with(' ')) text.remove_prefix(1);
        if (text.empty()) return form;
        if (text.starts_with('[')) {
            const auto close = text.find(']');
            form_detail::require(close != std::string_view::npos, "a bracket that is not closed");
            form_detail::read_bracket(text.substr(1, close - 1), form);
            text.remove_prefix(close + 1);
        } else {
            form_detail::require(form.options.empty(), "a place behind an option");
            form.slots.push_back(form_detail::read_slot(form_detail::take_token(text)));
        }
    }
}

// The synopsis for people: without ranges and defaults.
std::string usage_of(const Form& form);

}  // namespace weir::config
