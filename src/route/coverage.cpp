// Which routes can never match? A shape is covered when an earlier route with the same conditions, or fewer, takes every path of it.
// What is reported as certain is certain; some routes that can never match are not found (two globs that only together cover a third).
#include <algorithm>

#include "route/compiled.h"

namespace weir::route {
namespace {

enum class Sureness : std::uint8_t { none, suspected, certain };

struct Cover {
    Sureness sureness = Sureness::none;
    std::uint32_t by = 0;  // index into SiteBuild::shapes
};

// All paths of a shape as a glob; '*' in it can only be taken by a '*' of the covering glob, since patterns hold no literal one.
std::string as_glob(const Shape& shape) { return shape.kind == Shape::Kind::prefix ? shape.text + "*" : shape.text; }

std::string sample_of(const Shape& shape, std::string_view text_for_star) {
    std::string out;
    for (const char c : as_glob(shape)) {
        if (c == '*') out += text_for_star;
        else out += c;
    }
    return out;
}

Sureness regex_covers(const Regex& regex, const Shape& early, const Shape& late) {
    if (late.kind == Shape::Kind::regex) return early.text == late.text ? Sureness::certain : Sureness::none;
    if (late.kind == Shape::Kind::literal) return regex.matches(late.text) ? Sureness::suspected : Sureness::none;
    const bool takes_samples =
        regex.matches(sample_of(late, "")) && regex.matches(sample_of(late, "weir/0-Z")) && regex.matches(sample_of(late, "7"));
    return takes_samples ? Sureness::suspected : Sureness::none;
}

// `early` is known to begin as `late` does: the index gave it.
Sureness covers(const CompiledTable& table, const SiteShape& early, const Shape& late) {
    switch (early.shape.kind) {
        case Shape::Kind::literal: return late.kind == Shape::Kind::literal ? Sureness::certain : Sureness::none;
        case Shape::Kind::prefix:
            // What a regex demands at its beginning is our reading of it, so only "every path" is beyond doubt.
            return late.kind == Shape::Kind::regex && !early.shape.text.empty() ? Sureness::suspected : Sureness::certain;
        case Shape::Kind::glob:
            if (late.kind == Shape::Kind::regex) return Sureness::none;
            return glob_matches(early.shape.text, as_glob(late)) ? Sureness::certain : Sureness::none;
        case Shape::Kind::regex: return regex_covers(*table.rests[early.rest].regex, early.shape, late);
    }
    return Sureness::none;
}

class Reporter {
public:
    Reporter(const CompiledTable& table, const SiteBuild& build) : table_(table), build_(build) {}

    // The shapes of one route: [first, last).
    void report(std::size_t first, std::size_t last, std::vector<TableFault>& faults) {
        const auto route = build_.shapes[first].route;
        auto weakest = Sureness::certain;
        std::string covered;
        std::string partly;
        for (auto at = first; at < last;) {
            auto end = at + 1;
            while (end < last && build_.shapes[end].pattern == build_.shapes[at].pattern) ++end;
            const auto cover = cover_of_pattern(at, end);
            weakest = std::min(weakest, cover.sureness);
            const auto words = cover.sureness == Sureness::none ? std::string{} : sentence(at, cover);
            if (!words.empty()) covered += (covered.empty() ? "" : ", ") + words;
            if (cover.sureness == Sureness::certain) partly += (partly.empty() ? "" : ", ") + words;
            at = end;
        }
        arena_.reset();
        if (weakest == Sureness::certain)
            faults.push_back({.is_error = true, .site = build_.site, .route = route, .message = "this route can never match: " + covered});
        else if (weakest == Sureness::suspected)
            faults.push_back({.is_error = false, .site = build_.site, .route = route, .message = "this route may never match: " + covered});
        else if (!partly.empty())
            faults.push_back(
                {.is_error = false, .site = build_.site, .route = route, .message = "a part of this route never matches: " + partly});
    }

private:
    // All shapes of a pattern must be covered for it to be so.
    Cover cover_of_pattern(std::size_t first, std::size_t last) {
        Cover weakest{.sureness = Sureness::certain};
        for (auto at = first; at < last; ++at) {
            const auto cover = cover_of(build_.shapes[at]);
            if (cover.sureness <= weakest.sureness) weakest = cover;
        }
        return weakest;
    }

    Cover cover_of(const SiteShape& late) {
        Cover best;
        const auto key = late.shape.key();
        auto candidates = table_.paths.candidates(table_.sites[build_.site].tree, key, arena_);
        while (const auto* entry = candidates.next()) {
            if (entry->route >= late.route) break;
            if (!asks_no_more(entry->route, late.route)) continue;
            const auto sureness = covers(table_, build_.shapes[entry->order], late.shape);
            if (sureness > best.sureness) best = {.sureness = sureness, .by = entry->order};
            if (sureness == Sureness::certain) break;
        }
        return best;
    }

    bool asks_no_more(std::uint32_t early, std::uint32_t late) const {
        return std::ranges::includes(build_.conditions[late].fingerprints, build_.conditions[early].fingerprints);
    }

    std::string written(std::size_t shape) const {
        const auto& paths = build_.spec->routes[build_.shapes[shape].route].paths;
        return paths.empty() ? "*" : paths[build_.shapes[shape].pattern].written();
    }

    std::string sentence(std::size_t late, const Cover& cover) const {
        const auto& by = build_.spec->routes[build_.shapes[cover.by].route];
        const auto& own = build_.spec->routes[build_.shapes[late].route];
        const auto* verb = cover.sureness == Sureness::certain ? "' is covered by '" : "' seems to be covered by '";
        const auto where = by.place.file == own.place.file ? "line " + std::to_string(by.place.line) : by.place.text();
        return "'" + written(late) + verb + written(cover.by) + "' (" + where + ")";
    }

    const CompiledTable& table_;
    const SiteBuild& build_;
    Arena arena_;
};

}  // namespace

void report_unreachable(const CompiledTable& table, const SiteBuild& build, std::vector<TableFault>& faults) {
    Reporter reporter(table, build);
    const auto& shapes = build.shapes;
    for (std::size_t first = 0; first < shapes.size();) {
        auto last = first + 1;
        while (last < shapes.size() && shapes[last].route == shapes[first].route) ++last;
        reporter.report(first, last, faults);
        first = last;
    }
}

}  // namespace weir::route
