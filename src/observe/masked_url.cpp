#include "observe/masked_url.h"

#include <array>
#include <cstdint>

#include "base/escape.h"
#include "base/secret_name.h"

namespace weir::observe {
namespace {

enum class Kind : std::uint8_t { plain, equals, separator };

constexpr std::array<Kind, 256> kKinds = [] {
    std::array<Kind, 256> kinds{};
    for (const unsigned char c : {'&', '?', '#', ';'}) kinds[c] = Kind::separator;
    kinds['='] = Kind::equals;
    return kinds;
}();

Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

// From `at` on, text is a query. What needs no mask is escaped in long pieces.
char* write_masked_query(std::string_view text, std::size_t at, char* out, EscapeInto escape) {
    std::size_t pending = 0;
    while (at < text.size()) {
        const auto name = at;
        while (at < text.size() && kind_of(text[at]) == Kind::plain) ++at;
        const auto value = at + 1;
        const bool is_secret = at < text.size() && kind_of(text[at]) == Kind::equals && is_secret_name(text.substr(name, at - name));
        while (at < text.size() && kind_of(text[at]) != Kind::separator) ++at;
        if (is_secret && value < at) {
            out = escape(kMaskedValue, escape(text.substr(pending, value - pending), out));
            pending = at;
        }
        ++at;
    }
    return escape(text.substr(pending), out);
}

// "scheme://user:password@host": where "user:password" stands; empty when there is none (RFC 3986 3.2.1).
std::string_view userinfo_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    const auto authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - (scheme + 3));
    const auto at = authority.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : authority.substr(0, at);
}

template <EscapeInto kEscape>
void append_masked(std::string_view value, std::size_t growth, std::string& out) {
    const auto before = out.size();
    out.resize_and_overwrite(before + value.size() * growth + kEscapeSlack, [&](char* data, std::size_t) {
        return static_cast<std::size_t>(write_masked_query(value, 0, data + before, kEscape) - data);
    });
}

}  // namespace

char* write_masked_url(std::string_view text, char* out, EscapeInto escape) {
    // A target begins with '/': only a Referer can hold a host.
    if (!text.empty() && text.front() != '/' && text.find('@') != std::string_view::npos) {
        if (const auto userinfo = userinfo_of(text); !userinfo.empty()) {
            const auto before = static_cast<std::size_t>(userinfo.data() - text.data());
            out = escape(kMaskedValue, escape(text.substr(0, before), out));
            text.remove_prefix(before + userinfo.size());
        }
    }
    auto query = text.find('?');
    if (query == std::string_view::npos) query = text.find('#');
    if (query == std::string_view::npos) return escape(text, out);
    return write_masked_query(text, query + 1, out, escape);
}

void append_masked_quoted(std::string_view value, std::string& out) { append_masked<write_quoted_text>(value, kQuotedGrowthMax, out); }

void append_masked_json(std::string_view value, std::string& out) { append_masked<write_json_text>(value, kJsonGrowthMax, out); }

}  // namespace weir::observe
