#include "cache/link_hints.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "cache/vary.h"

namespace weir::cache {
namespace {

using http::FieldId;

// What may stand between < and >, as far as it matters here: nothing that would end the field or the target.
bool is_target_octet(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '<' && c != '>' && c != '"' && c != '\\'; }

bool is_token_octet(char c) { return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c); }

// Relative, or of http and https: a client must not be led to begin with anything else.
bool is_fetchable(std::string_view target) {
    if (target.empty() || target.front() == '#') return false;
    const auto colon = target.find(':');
    if (colon == std::string_view::npos || target.find_first_of("/?#") < colon) return true;
    const auto scheme = target.substr(0, colon);
    return equal_ignoring_case(scheme, "https") || equal_ignoring_case(scheme, "http");
}

// One link-value after the other (RFC 8288 3).
class LinkReader {
public:
    explicit LinkReader(std::string_view text) : left_(text) {}

    struct Link {
        std::string_view text;  // as it was written
        bool is_hint = false;
    };
    // nullopt: the end, or something that is none.
    std::optional<Link> next() {
        skip(", \t");
        const auto* const begin = left_.data();
        const auto target = take_target();
        if (!target) return std::nullopt;
        seen_ = {};
        auto* end = left_.data();
        while (skip(" \t"), !left_.empty() && left_.front() == ';') {
            left_.remove_prefix(1);
            skip(" \t");
            if (!left_.empty() && (left_.front() == ';' || left_.front() == ',')) continue;
            if (left_.empty()) break;
            if (!take_parameter()) return std::nullopt;
            end = left_.data();
        }
        if (!left_.empty() && left_.front() != ',') return std::nullopt;
        return Link{.text = {begin, static_cast<std::size_t>(end - begin)}, .is_hint = is_fetchable(*target) && seen_.is_hint()};
    }

private:
    struct Seen {
        bool has_rel = false, is_early = false, is_preload = false, has_as = false, is_of_another = false;
        bool is_hint() const { return is_early && !is_of_another && (!is_preload || has_as); }
    };

    void skip(std::string_view octets) { left_.remove_prefix(std::min(left_.find_first_not_of(octets), left_.size())); }

    std::optional<std::string_view> take_target() {
        if (left_.empty() || left_.front() != '<') return std::nullopt;
        const auto end = left_.find('>');
        if (end == std::string_view::npos) return std::nullopt;
        const auto target = left_.substr(1, end - 1);
        left_.remove_prefix(end + 1);
        return std::ranges::all_of(target, is_target_octet) ? std::optional(target) : std::nullopt;
    }

    std::string_view take_token() {
        const auto end = std::ranges::find_if_not(left_, is_token_octet);
        const auto token = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
        left_.remove_prefix(token.size());
        return token;
    }

    std::optional<std::string_view> take_value() {
        if (left_.empty() || left_.front() != '"') {
            const auto token = take_token();
            return token.empty() ? std::nullopt : std::optional(token);
        }
        std::size_t at = 1;
        while (at < left_.size() && left_[at] != '"') at += left_[at] == '\\' ? 2 : 1;
        if (at >= left_.size()) return std::nullopt;
        const auto value = left_.substr(1, at - 1);
        left_.remove_prefix(at + 1);
        return value;
    }

    bool take_parameter() {
        const auto name = take_token();
        if (name.empty()) return false;
        const auto behind_name = left_;
        skip(" \t");
        std::string_view value;
        if (!left_.empty() && left_.front() == '=') {
            left_.remove_prefix(1);
            skip(" \t");
            const auto taken = take_value();
            if (!taken) return false;
            value = *taken;
        } else {
            left_ = behind_name;
        }
        note(name, value);
        return true;
    }

    void note(std::string_view name, std::string_view value) {
        if (equal_ignoring_case(name, "as")) seen_.has_as |= !value.empty();
        for (const auto one : {"anchor", "rev", "nonce"}) seen_.is_of_another |= equal_ignoring_case(name, one);
        // RFC 8288 3.3: of several the first counts.
        if (!equal_ignoring_case(name, "rel") || std::exchange(seen_.has_rel, true)) return;
        note_relations(value);
    }

    // One that says something else, too, is left for the answer.
    void note_relations(std::string_view left) {
        bool has_other = false;
        while (!left.empty()) {
            const auto one = left.substr(0, left.find_first_of(" \t"));
            left.remove_prefix(std::min(one.size() + 1, left.size()));
            if (one.empty()) continue;
            const bool is_preload = equal_ignoring_case(one, "preload");
            seen_.is_preload |= is_preload;
            const bool is_early = is_preload || equal_ignoring_case(one, "modulepreload") || equal_ignoring_case(one, "preconnect");
            seen_.is_early |= is_early;
            has_other |= !is_early;
        }
        if (has_other) seen_.is_early = false;
    }

    std::string_view left_;
    Seen seen_;
};

}  // namespace

std::string_view read_hints(const http::Fields& fields, Arena& arena) {
    const auto room = arena.make_array<char>(kHintOctetsMax);
    std::size_t octets = 0, count = 0, looked_at = 0;
    for (const auto& field : fields) {
        if (field.id != FieldId::link) continue;
        looked_at += field.value.size();
        if (looked_at > kLinkFieldMax) break;
        LinkReader reader(field.value);
        while (const auto link = reader.next()) {
            constexpr std::string_view kBetween = ", ";
            if (!link->is_hint || count == kHintsMax) continue;
            const auto between = count == 0 ? std::string_view{} : kBetween;
            if (octets + between.size() + link->text.size() > room.size()) continue;
            octets += between.copy(room.data() + octets, between.size());
            octets += link->text.copy(room.data() + octets, link->text.size());
            ++count;
        }
    }
    return {room.data(), octets};
}

bool has_lasting_hints(const http::Response& response) {
    if (response.status != 200) return false;
    auto type = response.fields.value(FieldId::content_type);
    type = trim(type.substr(0, type.find(';')));
    if (!equal_ignoring_case(type, "text/html") && !equal_ignoring_case(type, "application/xhtml+xml")) return false;
    if (!response.fields.has(FieldId::vary)) return true;
    const auto vary = read_vary(response.fields, response.arena());
    return !vary.is_any && !vary.is_too_long && (vary.names.empty() || equal_ignoring_case(vary.names, "accept-encoding"));
}

bool may_heed_hints(const http::Request& request) {
    if (request.method != http::Method::get) return false;
    const auto mode = request.fields.value("Sec-Fetch-Mode");
    return mode.empty() || mode == "navigate";
}

}  // namespace weir::cache
