#include "http/cdn_loop.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::http {
namespace {

constexpr std::size_t kPortDigitsMax = 5;

bool is_token_octet(char c) { return is_octet(c, kTokenOctet); }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Takes from the front what the grammar allows there.
class Reader {
public:
    explicit Reader(std::string_view text) : left_(text) {}

    bool is_at_end() const { return left_.empty(); }
    void skip_blanks() { left_.remove_prefix(run(is_blank)); }
    bool take(char c) {
        if (!left_.starts_with(c)) return false;
        left_.remove_prefix(1);
        return true;
    }
    std::string_view token() { return take_front(run(is_token_octet)); }

    // Empty: there is none. Names have no comma, semicolon or equals sign here, though a reg-name may (RFC 3986 3.2.2): they would make the
    // list say two things.
    std::string_view id() {
        const auto whole = left_;
        if (left_.starts_with('[')) {
            const auto end = left_.find(']');
            if (end == std::string_view::npos || !std::ranges::all_of(left_.substr(1, end - 1), is_literal_octet)) return {};
            left_.remove_prefix(end + 1);
        } else if (token().empty()) {
            return {};
        }
        if (take(':')) {
            const auto digits = run([](char c) { return is_digit(c); });
            if (digits > kPortDigitsMax) return {};
            left_.remove_prefix(digits);
        }
        return whole.substr(0, whole.size() - left_.size());
    }

    // token "=" ( token / quoted-string )
    bool parameter() {
        if (token().empty() || !take('=')) return false;
        return left_.starts_with('"') ? quoted() : !token().empty();
    }

private:
    static bool is_literal_octet(char c) { return is_digit(c) || is_alpha(c) || c == ':' || c == '.' || c == '%'; }

    template <class Is>
    std::size_t run(Is&& is) const {
        return static_cast<std::size_t>(std::ranges::find_if_not(left_, is) - left_.begin());
    }
    std::string_view take_front(std::size_t count) {
        const auto front = left_.substr(0, count);
        left_.remove_prefix(count);
        return front;
    }
    bool quoted() {
        take('"');
        while (!left_.empty()) {
            if (take('"')) return true;
            if (take('\\') && left_.empty()) return false;
            left_.remove_prefix(1);
        }
        return false;
    }

    std::string_view left_;
};

bool read_line(std::string_view line, std::string_view own_id, CdnLoop& into) {
    Reader reader(line);
    for (;;) {
        reader.skip_blanks();
        if (reader.is_at_end()) return true;
        if (reader.take(',')) continue;  // an empty element (RFC 9110 5.6.1.2)
        const auto id = reader.id();
        if (id.empty()) return false;
        ++into.elements;
        if (equal_ignoring_case(id, own_id)) ++into.own;
        if (into.elements > kCdnLoopElementsMax) return true;
        for (reader.skip_blanks(); reader.take(';'); reader.skip_blanks()) {
            reader.skip_blanks();
            if (!reader.parameter()) return false;
        }
        if (!reader.is_at_end() && !reader.take(',')) return false;
    }
}

}  // namespace

CdnLoop read_cdn_loop(const Fields& request, std::string_view own_id) {
    CdnLoop loop;
    if (!request.has(FieldId::cdn_loop)) return loop;
    for (const auto& field : request) {
        if (field.id != FieldId::cdn_loop) continue;
        loop.is_valid = read_line(field.value, own_id, loop);
        if (!loop.is_valid || loop.elements > kCdnLoopElementsMax) break;
    }
    return loop;
}

bool is_cdn_id(std::string_view text) {
    Reader reader(text);
    return text.size() <= kCdnIdMax && !reader.id().empty() && reader.is_at_end();
}

LoopVerdict judge_loop(const Fields& request, const CdnLoopGuard& guard) {
    const auto loop = read_cdn_loop(request, guard.id);
    if (!loop.is_valid) return LoopVerdict::unreadable;
    if (loop.own > guard.rounds) return LoopVerdict::loops;
    return loop.elements > kCdnLoopElementsMax ? LoopVerdict::too_many : LoopVerdict::none;
}

const char* explain(LoopVerdict verdict) {
    switch (verdict) {
        case LoopVerdict::none: return "";
        case LoopVerdict::unreadable: return "CDN-Loop breaks its grammar: nobody can tell whether the request goes round in a loop";
        case LoopVerdict::loops: return "the request has been here: it goes round in a loop (CDN-Loop)";
        case LoopVerdict::too_many: return "CDN-Loop names more caches than anybody goes through";
    }
    return "";
}

}  // namespace weir::http
