#include "filter/rewrite.h"

#include <array>

#include "filter/uri_text.h"

namespace weir::filter {
namespace {

// A target on its way: `raw` is kept only while nothing but prefixes has been cut off it.
struct Draft {
    std::string_view path;
    std::string_view raw;
    std::string_view query;
    bool has_query = false;
    bool is_changed = false;
};

// "/api" and "/api/" are prefixes of "/api" and "/api/x", not of "/apix".
bool has_prefix(std::string_view path, std::string_view prefix) {
    if (prefix.empty() || !path.starts_with(prefix)) return false;
    return path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::string_view cut(std::string_view path, std::string_view prefix, Arena& arena) {
    return with_one_slash(path.substr(prefix.size()), arena);
}

// The raw path is cut where it literally begins with the prefix, so that what the client sent survives ("%2F", "%41"). It must go on
// meaning the same: "/api/../api/x" would leave "/../api/x" for the origin.
void strip_prefix(std::string_view prefix, Draft& draft, Arena& arena) {
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    if (!has_prefix(draft.path, prefix)) return;
    draft.path = cut(draft.path, prefix, arena);
    draft.is_changed = true;
    if (!draft.raw.data() || !has_prefix(draft.raw, prefix)) {
        draft.raw = {};
        return;
    }
    draft.raw = cut(draft.raw, prefix, arena);
    if (draft.raw == draft.path) return;
    const auto meant = http::normalise_path(draft.raw, {}, arena);
    if (!meant || *meant != draft.path) draft.raw = {};
}

// The text becomes path and, behind a '?', query; without one the query stays.
void take(std::string_view text, Draft& draft, Arena& arena) {
    const auto mark = text.find('?');
    const auto path = encode_target(with_one_slash(text.substr(0, mark), arena), arena);
    draft.path = with_one_slash(without_dot_segments(path, arena), arena);
    draft.raw = {};
    draft.is_changed = true;
    if (mark == std::string_view::npos) return;
    draft.query = encode_target(text.substr(mark + 1), arena);
    draft.has_query = !draft.query.empty();  // a bare '?' at the end drops the query
}

void replace_all(const Rewrite& rewrite, const http::Facts& facts, Draft& draft, Arena& arena) {
    if (rewrite.from.empty()) return;
    std::size_t count = 0;
    for (auto at = draft.path.find(rewrite.from); at != std::string_view::npos;
         at = draft.path.find(rewrite.from, at + rewrite.from.size()))
        ++count;
    if (count == 0) return;
    const auto to = rewrite.to.evaluate_uri(facts, arena);
    const auto octets = draft.path.size() + count * to.size() - count * rewrite.from.size();
    auto* const first = static_cast<char*>(arena.allocate(octets, 1));
    auto* out = first;
    auto rest = draft.path;
    for (; count > 0; --count) {
        const auto at = rest.find(rewrite.from);
        out += rest.copy(out, at);
        out += to.copy(out, to.size());
        rest.remove_prefix(at + rewrite.from.size());
    }
    rest.copy(out, rest.size());
    take({first, octets}, draft, arena);
}

void match(const Rewrite& rewrite, const http::Facts& facts, Draft& draft, Arena& arena) {
    if (rewrite.regex.empty()) return;
    std::array<std::string_view, Regex::kCapturesMax> captures;
    const auto count = rewrite.regex.front().match(draft.path, captures);
    if (count == 0) return;
    auto known = facts;
    known.captures = std::span(captures).first(count);
    take(rewrite.to.evaluate_uri(known, arena), draft, arena);
}

}  // namespace

std::string_view rewritten_target(const Rewrites& rewrites, const http::Facts& facts, Arena& arena) {
    const auto& target = facts.target;
    const auto original = facts.request != nullptr ? facts.request->target : target.raw_path;
    if (rewrites.empty() || !target.path.starts_with('/')) return original;  // the '*' of OPTIONS has no path
    Draft draft{.path = target.path, .raw = target.raw_path, .query = target.query, .has_query = target.has_query};
    for (const auto& rewrite : rewrites) {
        switch (rewrite.kind) {
            case Rewrite::Kind::strip_prefix: strip_prefix(rewrite.from, draft, arena); break;
            case Rewrite::Kind::replace: replace_all(rewrite, facts, draft, arena); break;
            case Rewrite::Kind::regex: match(rewrite, facts, draft, arena); break;
            case Rewrite::Kind::to: take(rewrite.to.evaluate_uri(facts, arena), draft, arena); break;
        }
    }
    if (!draft.is_changed) return original;
    const auto path = draft.raw.empty() ? draft.path : draft.raw;
    return draft.has_query ? arena.concat({path, "?", draft.query}) : path;
}

}  // namespace weir::filter
