// The cache's rules against their naive second reading: messages drawn from a vocabulary that meets every rule, both must agree on each.
#include "sim/cache_rules.h"

#include <gtest/gtest.h>

#include "base/arena.h"
#include "cache/freshness.h"
#include "cache/storing.h"
#include "cache/vary.h"
#include "sim/cache_messages.h"

namespace weir::sim {
namespace {

constexpr double kStart = 1'767'225'600;  // 2026-01-01

WallTime at(double seconds) { return WallTime(std::chrono::seconds(static_cast<std::int64_t>(seconds))); }

Kept drawn_answer(CacheMessages& messages) {
    Kept kept{.request = messages.request(), .status = messages.status()};
    kept.asked = kStart + messages.below(3);
    kept.received = kept.asked + messages.below(4);
    kept.fields = messages.answer(kept.received);
    return kept;
}

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
        CacheMessages drawn(seed);
        const auto which = drawn.below(2);
        auto kept = drawn_answer(drawn);
        const Case one(kept);
        const auto directives = cache::read_response_directives(one.response.fields, policies[which]);
        const auto terms = cache::read_terms(one.response, directives, at(kept.received), at(kept.received));
        const auto refusal = cache::refuses_storing(one.request, one.response, directives, policies[which], terms);
        const auto forbidden = forbids_storing(kept, allowances[which]);
        // What nothing would ever use is not kept either; the RFC would let it.
        if (refusal == cache::Refusal::no_lifetime) {
            EXPECT_EQ(forbidden, "") << one.text({});
            continue;
        }
        ASSERT_EQ(refusal == cache::Refusal::none, forbidden.empty()) << one.text({}) << forbidden << " | " << cache::word_of(refusal);
        if (!forbidden.empty()) continue;
        ++stored;
        kept.is_invalid = drawn.one_in(20);
        for (int i = 0; i < 12; ++i) {
            const Wanted wanted{.fields = drawn.request(), .at = kept.received + drawn.below(110), .origin_fails = drawn.one_in(3)};
            compare(one, wanted, allowances[which], policies[which]);
        }
    }
    EXPECT_GT(stored, 400);
}

}  // namespace
}  // namespace weir::sim
