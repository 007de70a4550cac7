// The route table against its plain meaning (route/linear_oracle.h), and globs alone. An input is a table and some questions, a line each:
// "s HOST…" a site, "r PATTERN…" a route of it, "m METHOD", "h NAME", "!h NAME" conditions of it, "? HOST PATH METHOD" a question.
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "route/linear_oracle.h"
#include "route/pattern.h"

using namespace weir;
using namespace weir::route;

namespace {

constexpr std::size_t kLinesMax = 64;
constexpr std::size_t kWordOctetsMax = 48;  // the oracle's glob is exponential in the stars

void require(bool holds) {
    if (!holds) std::abort();
}

std::string_view take(std::string_view& text, char mark) {
    const auto end = std::min(text.find(mark), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word.substr(0, kWordOctetsMax);
}

// Patterns in normal form, so that the oracle need not know of it.
std::optional<PathPattern> pattern_of(std::string_view word) {
    if (std::ranges::count(word, '*') > 4) return std::nullopt;
    if (word.starts_with('~') && !Regex::compile(word.substr(1))) return std::nullopt;
    return PathPattern::parse(word.starts_with('~') ? std::string(word) : normal_octets(word));
}

// As the configuration lets it through: a name, a wildcard, or every host.
bool is_name(std::string_view host) {
    if (host.starts_with("*.")) host.remove_prefix(2);
    return !host.starts_with('.') && !host.contains('*');
}

struct World {
    std::vector<SiteSpec> sites;
    std::unique_ptr<const Table> table;
    std::vector<TableFault> faults;

    void add_site(std::string_view words) {
        SiteSpec site{.hosts = {}, .listeners = {0}, .routes = {}, .name = "s", .place = {}};
        while (!words.empty() && site.hosts.size() < 8)
            if (auto host = lower(take(words, ' ')); is_name(host)) site.hosts.push_back(std::move(host));
        sites.push_back(std::move(site));
    }
    void add_route(std::string_view words) {
        if (sites.empty()) return;
        RouteSpec route;
        while (!words.empty() && route.paths.size() < 8)
            if (auto pattern = pattern_of(take(words, ' '))) route.paths.push_back(std::move(*pattern));
        sites.back().routes.push_back(std::move(route));
    }
    void add_condition(Condition::Kind kind, std::string_view word, bool is_negated) {
        if (sites.empty() || sites.back().routes.empty()) return;
        Condition condition{.kind = kind,
                            .test = Condition::Test::present,
                            .is_negated = is_negated,
                            .name = std::string(word),
                            .values = {},
                            .networks = {}};
        if (kind == Condition::Kind::method) condition.test = Condition::Test::equals, condition.values = {std::string(word)};
        sites.back().routes.back().conditions.push_back(std::move(condition));
    }

    bool is_dead(const Match& match) const {
        return std::ranges::any_of(faults, [&](const TableFault& fault) {
            return fault.message.starts_with("this route can never") && fault.site == match.site && fault.route == match.route;
        });
    }

    void ask(std::string_view words) {
        if (!table) table = Table::build(sites, faults);
        Arena arena;
        http::Request request(arena);
        const auto host = lower(take(words, ' '));
        const auto path = take(words, ' ');
        request.method_name = take(words, ' ');
        request.fields.add("A", "1");
        const Query query{.listener = 0, .host = host, .path = path, .query = {}, .request = &request, .client = {}};
        const auto found = table->find(query, arena);
        const auto expected = oracle::find(sites, query);
        require(found.site == expected.site && found.route == expected.route);
        require(found.site == kNone || !is_dead(found));
        Trace trace;
        require(table->find(query, arena, &trace).route == found.route);
        if (found.route != kNone) require(trace.steps.size() == found.route + 1 && trace.steps.back().matched);
    }
};

void check_glob(std::string_view text) {
    const auto glob = take(text, '\n');
    if (std::ranges::count(glob, '*') > 4) return;
    const auto subject = take(text, '\n');
    require(glob_matches(glob, subject) == oracle::glob(glob, subject));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto buffer = std::make_unique<char[]>(size);
    std::string_view text(buffer.get(), std::string_view(reinterpret_cast<const char*>(data), size).copy(buffer.get(), size));
    check_glob(text);
    World world;
    for (std::size_t lines = 0; !text.empty() && lines < kLinesMax; ++lines) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto word = take(line, ' ');
        const bool is_question = word == "?";
        if (!is_question && world.table) continue;
        if (is_question) world.ask(line);
        else if (word == "s") world.add_site(line);
        else if (word == "r") world.add_route(line);
        else if (word == "m") world.add_condition(Condition::Kind::method, line, false);
        else if (word == "h" || word == "!h") world.add_condition(Condition::Kind::header, line, word == "!h");
    }
    return 0;
}
