#include "cache/structured.h"

#include "base/text.h"
#include "http/octets.h"

namespace weir::cache {

namespace {

constexpr std::size_t kIntegerDigitsMax = 15;  // RFC 8941 3.3.1
constexpr std::size_t kDecimalDigitsMax = 12;  // before the point, RFC 8941 3.3.2

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_key_octet(char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*'; }
constexpr bool is_token_octet(char c) { return http::is_octet(c, http::kTokenOctet) || c == ':' || c == '/'; }
constexpr bool is_base64_octet(char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; }

template <class Predicate>
std::size_t count_while(std::string_view text, Predicate&& predicate) {
    std::size_t count = 0;
    while (count < text.size() && predicate(text[count])) ++count;
    return count;
}

}  // namespace

MemberReader::MemberReader(std::string_view field, Form form) : left_(field), form_(form) {
    skip(" ");
    while (left_.ends_with(' ')) left_.remove_suffix(1);
}

void MemberReader::skip(std::string_view octets) {
    while (!left_.empty() && octets.find(left_.front()) != std::string_view::npos) left_.remove_prefix(1);
}

bool MemberReader::take(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
}

std::optional<Member> MemberReader::fail() {
    fails_ = true;
    left_ = {};
    return std::nullopt;
}

std::optional<Member> MemberReader::next() {
    if (left_.empty()) return std::nullopt;
    Member member;
    if (form_ == Form::dictionary) {
        if (!key(member.key)) return fail();
        if (take('=')) {
            if (!member_value(member.item)) return fail();
        } else {
            member.item.integer = 1;  // a key alone is a true Boolean
        }
    } else if (!member_value(member.item)) {
        return fail();
    }
    if (!parameters() || !separator()) return fail();
    return member;
}

// OWS "," OWS between members, nothing after the last (RFC 8941 4.2.1 and 4.2.2).
bool MemberReader::separator() {
    skip(" \t");
    if (left_.empty()) return true;
    if (!take(',')) return false;
    skip(" \t");
    return !left_.empty();
}

bool MemberReader::key(std::string_view& out) {
    if (left_.empty() || (!is_lower(left_.front()) && left_.front() != '*')) return false;
    out = left_.substr(0, count_while(left_, is_key_octet));
    left_.remove_prefix(out.size());
    return true;
}

bool MemberReader::parameters() {
    while (take(';')) {
        skip(" ");
        std::string_view name;
        Item value;
        if (!key(name) || (take('=') && !bare_item(value))) return false;
    }
    return true;
}

bool MemberReader::member_value(Item& item) { return left_.starts_with('(') ? inner_list(item) : bare_item(item); }

bool MemberReader::inner_list(Item& item) {
    take('(');
    for (;;) {
        skip(" ");
        if (take(')')) break;
        if (!bare_item(item) || !parameters()) return false;
        if (!left_.starts_with(' ') && !left_.starts_with(')')) return false;
    }
    item = {.kind = ItemKind::inner_list};
    return true;
}

bool MemberReader::bare_item(Item& item) {
    if (left_.empty()) return false;
    const char c = left_.front();
    if (c == '-' || is_digit(c)) return number(item);
    if (c == '"') return string(item);
    if (c == '*' || is_alpha(c)) return token(item);
    if (c == ':') return octets(item);
    return c == '?' && boolean(item);
}

bool MemberReader::number(Item& item) {
    const bool is_negative = take('-');
    const auto whole = left_.substr(0, count_while(left_, is_digit));
    if (whole.empty() || whole.size() > kIntegerDigitsMax) return false;
    left_.remove_prefix(whole.size());
    if (take('.')) {
        const auto fraction = count_while(left_, is_digit);
        if (whole.size() > kDecimalDigitsMax || fraction == 0 || fraction > 3) return false;
        left_.remove_prefix(fraction);
        item = {.kind = ItemKind::decimal};
        return true;
    }
    const auto value = parse_decimal<std::int64_t>(whole).value_or(0);
    item = {.kind = ItemKind::integer, .integer = is_negative ? -value : value};
    return true;
}

bool MemberReader::string(Item& item) {
    item = {.kind = ItemKind::string};
    for (std::size_t at = 1; at < left_.size(); ++at) {
        const char c = left_[at];
        if (c == '"') {
            item.text = left_.substr(1, at - 1);
            left_.remove_prefix(at + 1);
            return true;
        }
        if (c < 0x20 || c > 0x7e) return false;
        if (c != '\\') continue;
        item.has_escapes = true;
        ++at;
        if (at == left_.size() || (left_[at] != '"' && left_[at] != '\\')) return false;
    }
    return false;
}

bool MemberReader::token(Item& item) {
    item = {.kind = ItemKind::token, .text = left_.substr(0, 1 + count_while(left_.substr(1), is_token_octet))};
    left_.remove_prefix(item.text.size());
    return true;
}

bool MemberReader::octets(Item& item) {
    take(':');
    item = {.kind = ItemKind::octets};
    left_.remove_prefix(count_while(left_, is_base64_octet));
    return take(':');
}

bool MemberReader::boolean(Item& item) {
    take('?');
    if (!left_.starts_with('0') && !left_.starts_with('1')) return false;
    item = {.kind = ItemKind::boolean, .integer = left_.front() - '0'};
    left_.remove_prefix(1);
    return true;
}

bool is_valid_members(std::string_view field, MemberReader::Form form) {
    MemberReader reader(field, form);
    std::size_t count = 0;
    while (reader.next()) ++count;
    return reader.is_valid() && count != 0;
}

}  // namespace weir::cache
