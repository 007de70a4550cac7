// The cache's rules against their naive second reading: messages drawn from a vocabulary that meets every rule, both must agree on each.
#include "sim/cache_rules.h"

#include <gtest/gtest.h>

#include <iterator>

#include "base/arena.h"
#include "base/random.h"
#include "cache/freshness.h"
#include "cache/storing.h"
#include "cache/vary.h"
#include "http/date.h"

namespace weir::sim {
namespace {

constexpr double kStart = 1'767'225'600;  // 2026-01-01

WallTime at(double seconds) { return WallTime(std::chrono::seconds(static_cast<std::int64_t>(seconds))); }

std::string date(double seconds) {
    std::array<char, http::kDateOctets> out;
    http::write_date(at(seconds), out);
    return {out.data(), out.size()};
}

class Drawn {
public:
    explicit Drawn(std::uint64_t seed) : random_(seed) {}

    template <std::size_t count>
    std::string one_of(const char* const (&texts)[count]) {
        return texts[random_.below(count)];
    }
    bool chance(std::uint32_t in) { return random_.below(in) == 0; }
    std::uint32_t below(std::uint32_t limit) { return random_.below(limit); }

    std::string answers_control() {
        static constexpr const char* kWords[] = {
            "max-age=10",
            "max-age=60",
            "max-age=0",
            "Max-Age=\"30\"",
            "max-age=x",
            "max-age=-1",
            "s-maxage=20",
            "s-maxage=0",
            "public",
            "private",
            "private=\"a\"",
            "no-cache",
            "no-cache=\"b, c\"",
            "no-store",
            "no-store",
            "immutable",
            "foo",
            "ext=\"no-store, max-age=9\"",
            "must-revalidate",
            "proxy-revalidate",
            "must-understand",
            "stale-while-revalidate=15",
            "stale-while-revalidate=0",
            "stale-if-error=25",
            "stale-if-error=x",
            "max-age=99999999999",
        };
        return list_of(kWords, 4);
    }
    std::string requests_control() {
        static constexpr const char* kWords[] = {"no-cache",         "no-store",     "max-age=5",      "max-age=0",
                                                 "max-stale",        "max-stale=12", "min-fresh=7",    "max-age=40",
                                                 "stale-if-error=9", "foo",          "only-if-cached", "no-transform"};
        return list_of(kWords, 2);
    }

    Kept answer() {
        static constexpr const char* kAges[] = {"0", "7", "30, 0", "x", "-5", "2147483649"};
        static constexpr const char* kVary[] = {"Foo", "foo, Accept-Language", "*", "Foo, *", "Accept-Encoding,foo"};
        static constexpr int kStatuses[] = {200, 200, 200, 200, 203, 204, 299, 301, 302, 404, 410, 416, 429, 500, 502, 503, 599};
        Kept kept{.request = request()};
        kept.status = kStatuses[below(std::size(kStatuses))];
        kept.asked = kStart + below(3);
        kept.received = kept.asked + below(4);
        auto& fields = kept.fields;
        if (!chance(3)) fields["cache-control"] = answers_control();
        if (!chance(4)) fields["date"] = date(kept.received - below(12) + 4);
        if (chance(4)) fields["age"] = one_of(kAges);
        if (chance(3)) fields["expires"] = chance(5) ? "0" : date(kept.received + below(60) - 10);
        if (chance(3)) fields["last-modified"] = date(kept.received - below(400));
        if (chance(4)) fields["vary"] = one_of(kVary);
        if (chance(12)) fields["set-cookie"] = "a=b";
        return kept;
    }
    Lines request() {
        static constexpr const char* kFoo[] = {"1", "2", "1, 2", "1 ,2", "\"1, 2\""};
        static constexpr const char* kLanguages[] = {"de, en", "EN,de", "de;q=0.5, en", "fr"};
        Lines fields;
        if (chance(3)) fields["cache-control"] = requests_control();
        if (chance(8)) fields["authorization"] = "x";
        if (!chance(3)) fields["foo"] = one_of(kFoo);
        if (!chance(3)) fields["accept-language"] = one_of(kLanguages);
        return fields;
    }

private:
    template <std::size_t count>
    std::string list_of(const char* const (&words)[count], std::uint32_t most) {
        std::string out = one_of(words);
        for (auto left = below(most); left != 0; --left) out += (chance(2) ? ", " : ",") + one_of(words);
        return out;
    }

    Random random_;
};

void fill(http::Fields& fields, const Lines& lines) {
    for (const auto& [name, value] : lines) fields.add(name, value);
}

std::string told(const Lines& lines) {
    std::string out;
    for (const auto& [name, value] : lines) out += "  " + name + ": " + value + "\n";
    return out;
}

// One drawn answer, as the cache sees it.
struct Case {
    explicit Case(const Kept& drawn) : kept(drawn), request(arena), response(arena) {
        fill(request.fields, kept.request);
        fill(response.fields, kept.fields);
        response.status = static_cast<std::uint16_t>(kept.status);
        response.framing = http::Framing::chunked;
    }
    std::string text(const Wanted& wanted) const {
        return "\nanswer " + std::to_string(kept.status) + " asked " + std::to_string(kept.asked - kStart) + " received " +
               std::to_string(kept.received - kStart) + "\n" + told(kept.fields) + "to\n" + told(kept.request) + "wanted at " +
               std::to_string(wanted.at - kStart) + "\n" + told(wanted.fields);
    }

    const Kept& kept;
    Arena arena;
    http::Request request;
    http::Response response;
};

void compare(const Case& one, const Wanted& wanted, const Allowed& allowed, const cache::Policy& policy) {
    const auto directives = cache::read_response_directives(one.response.fields, policy);
    auto terms = cache::read_terms(one.response, directives, at(one.kept.asked), at(one.kept.received));
    terms.is_invalid = one.kept.is_invalid;
    Arena arena;
    http::Fields fields(arena);
    fill(fields, wanted.fields);

    const auto vary = cache::read_vary(one.response.fields, arena);
    const bool is_selected = cache::variant_key(vary.names, one.request.fields, arena) == cache::variant_key(vary.names, fields, arena);
    EXPECT_EQ(is_selected, forbids_selection(one.kept, wanted).empty()) << one.text(wanted) << forbids_selection(one.kept, wanted);

    const auto request = cache::read_request_directives(fields);
    const auto use = cache::use(terms, request, at(wanted.at), policy);
    const auto stands_in = cache::stands_in(terms, request, at(wanted.at), policy);
    const bool is_sent = wanted.origin_fails ? stands_in.has_value() || use.is_sendable() : use.is_sendable();
    auto forbidden = forbids_sending(one.kept, wanted, allowed);
    if (wanted.origin_fails && !forbidden.empty()) {
        auto working = wanted;
        working.origin_fails = false;
        if (forbids_sending(one.kept, working, allowed).empty()) forbidden.clear();
    }
    EXPECT_EQ(is_sent, forbidden.empty()) << one.text(wanted) << forbidden << " | " << cache::word_of(use.why);
}

TEST(CacheRules, TwoReadingsAgree) {
    const cache::Policy policies[] = {
        {}, {.stale_while_revalidate = cache::Delta(8), .stale_if_error = cache::Delta(18), .keep_serving = cache::Delta(50)}};
    const Allowed allowances[] = {{}, {.while_revalidate = 8, .if_error = 18, .keep_serving = 50}};
    int stored = 0;
    for (std::uint64_t seed = 0; seed < 1500 && !testing::Test::HasFailure(); ++seed) {
        Drawn drawn(seed);
        const auto which = drawn.below(2);
        auto kept = drawn.answer();
        const Case one(kept);
        const auto directives = cache::read_response_directives(one.response.fields, policies[which]);
        const auto refusal = cache::refuses_storing(one.request, one.response, directives, policies[which], at(kept.received));
        const auto forbidden = forbids_storing(kept, allowances[which]);
        // What nothing would ever use is not kept either; the RFC would let it.
        if (refusal == cache::Refusal::no_lifetime) {
            EXPECT_EQ(forbidden, "") << one.text({});
            continue;
        }
        ASSERT_EQ(refusal == cache::Refusal::none, forbidden.empty()) << one.text({}) << forbidden << " | " << cache::word_of(refusal);
        if (!forbidden.empty()) continue;
        ++stored;
        kept.is_invalid = drawn.chance(20);
        for (int i = 0; i < 12; ++i) {
            const Wanted wanted{.fields = drawn.request(), .at = kept.received + drawn.below(110), .origin_fails = drawn.chance(3)};
            compare(one, wanted, allowances[which], policies[which]);
        }
    }
    EXPECT_GT(stored, 400);
}

}  // namespace
}  // namespace weir::sim
