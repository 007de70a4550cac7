#include "cache/freshness.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using test::Answered;
using test::Asked;
using test::at;
using test::date;
using test::sec;

// RFC 9111 4.2.3.
TEST(AgeOf, TakesTheLargest) {
    struct Row {
        std::string_view age;
        double date;
        double asked, received, now;
        double age_of;
    };
    const Row rows[] = {
        {"", 0, 0, 0, 5, 5},
        {"", -7200, 0, 0, 5, 7205},  // apparent age
        {"30", 0, 0, 0, 3, 33},      // Age
        {"30", -100, 0, 0, 3, 103},  // the larger of both
        {"30", 0, -4, 0, 3, 37},     // response_delay counts to Age
        {"", 100, 0, 0, 5, 5},       // a Date in the future is none of our business
        {"", 0, 0.9, 0.9, 1.9, 1},   // Date has whole seconds
        {"abc", 0, 0, 0, 5, 5},
        {"-1", 0, 0, 0, 5, 5},
        {"", 0, 5, 0, 5, 5},   // the clock was set back while it was under way
        {"", 0, 0, 0, -5, 0},  // and since
        {"99999999999", 0, 0, 0, 0, 2147483648},
    };
    for (const auto& row : rows) {
        Answered answered({{"Date", date(row.date)}});
        if (!row.age.empty()) answered.response.fields.add("Age", row.age);
        const auto terms = read_terms(answered.response, {}, at(row.asked), at(row.received));
        EXPECT_EQ(age_of(terms, at(row.now)), at(row.age_of) - at(0)) << row.age << " " << row.date << " " << row.now;
    }
    const auto undated = read_terms(Answered().response, {}, at(0), at(2));
    EXPECT_EQ(undated.date, at(2));
    EXPECT_EQ(age_seconds(age_of(undated, at(12.9))), 12U);  // two of them under way
}

// What a disk brings back may be of a time that has not come yet, or memory, when the clock is set back: it would be fresh until then.
TEST(AgeOf, OfTheFutureIsNotFresh) {
    const Answered answered({{"Date", date(0)}, {"Cache-Control", "max-age=600"}});
    const auto terms = answered.terms();
    const Policy policy{.keep_serving = sec(60)};
    EXPECT_EQ(use(terms, at(-30), policy).verdict, Verdict::fresh) << "clocks are corrected a little now and then";
    for (const double now : {-61.0, -3600.0, -1e9}) {
        EXPECT_EQ(use(terms, at(now), policy).verdict, Verdict::revalidate) << now;
        EXPECT_EQ(use(terms, {}, at(now), policy).verdict, Verdict::revalidate) << now;
        EXPECT_TRUE(stands_in(terms, {}, at(now), policy)) << now;
    }
}

TEST(AgeOf, EdgesOfTimeAreNoTrap) {
    const Answered old({{"Date", "Mon, 01 Jan 0001 00:00:00 GMT"}, {"Expires", "Fri, 31 Dec 9999 23:59:59 GMT"}, {"Age", "2147483648"}});
    const auto terms = old.terms();
    EXPECT_EQ(terms.initial_age, Duration(kDeltaMax));
    EXPECT_EQ(terms.lifetime, kDeltaMax);
    EXPECT_EQ(age_of(terms, WallTime::max()), Duration(kDeltaMax) * 2);
    EXPECT_EQ(age_of(terms, WallTime::min()), Duration(kDeltaMax));
    const Policy policy{.ttl = kDeltaMax, .stale_if_error = kDeltaMax, .keep_serving = kDeltaMax};
    EXPECT_GT(end_of_use(terms, policy), at(0));
    EXPECT_FALSE(use(terms, WallTime::max(), policy).is_sendable());
}

// RFC 9111 4.2.1, RFC 9213 2.2.
TEST(Lifetime, ComesFromTheFirstThatSpeaks) {
    struct Row {
        test::Lines lines;
        std::optional<Delta> lifetime;
    };
    const auto now = date(0), later = date(50), past = date(-50), much_later = date(100);
    const Row rows[] = {
        {{}, std::nullopt},
        {{{"Cache-Control", "max-age=60"}}, sec(60)},
        {{{"Cache-Control", "max-age=60, s-maxage=5"}}, sec(5)},
        {{{"Cache-Control", "max-age=1, s-maxage=60"}}, sec(60)},
        {{{"Cache-Control", "s-maxage=60"}, {"Expires", past}}, sec(60)},
        {{{"Cache-Control", "max-age=60"}, {"Expires", past}}, sec(60)},
        {{{"Cache-Control", "max-age=60"}, {"Expires", "0"}}, sec(60)},
        {{{"Cache-Control", "max-age=0"}, {"Expires", later}}, sec(0)},
        {{{"Cache-Control", "max-age=-1"}, {"Expires", later}}, sec(0)},
        {{{"Expires", later}, {"Date", now}}, sec(50)},
        {{{"Expires", later}, {"Date", past}}, sec(100)},
        {{{"Expires", now}, {"Date", now}}, sec(0)},
        {{{"Expires", later}, {"Date", much_later}}, sec(0)},
        {{{"Expires", later}, {"Date", "foo"}}, sec(50)},  // against the time it was received
        {{{"Expires", later}}, sec(50)},
        {{{"Expires", "0"}}, sec(0)},
        {{{"Expires", "Tue, 19 Jan 2038 14:14:08 GMT"}, {"Date", now}}, sec(380297648)},
        {{{"Expires", "Sun, 21 Nov 2286 04:46:39 GMT"}, {"Date", now}}, kDeltaMax},
        {{{"Expires", "Thursday, 18-Aug-50 02:01:18 GMT"}, {"Date", now}}, sec(777175278)},
        {{{"Expires", "Thu, 18 Aug 50 02:01:18 GMT"}, {"Date", now}}, sec(0)},
        {{{"CDN-Cache-Control", "max-age=7"}, {"Cache-Control", "s-maxage=60"}}, sec(7)},
        {{{"CDN-Cache-Control", "public"}, {"Cache-Control", "s-maxage=60"}, {"Expires", later}}, std::nullopt},
    };
    for (const auto& row : rows) {
        const Answered answered(row.lines);
        EXPECT_EQ(answered.terms().lifetime, row.lifetime) << test::text_of(answered.response.fields);
    }
}

// RFC 9111 4.2.2.
TEST(Lifetime, HeuristicIsATenthOfItsAge) {
    struct Row {
        std::uint16_t status;
        std::string_view cache_control;
        double modified;
        std::uint32_t lifetime;
    };
    const Row rows[] = {
        {200, "", -1000, 100},
        {200, "", -864'000, 86'400},
        {200, "", -8'640'000, 86'400},  // a day at most
        {404, "", -1000, 100},
        {201, "", -1000, 0},
        {599, "", -1000, 0},
        {599, "public", -1000, 100},
        {200, "", 10, 0},
        {200, "max-age=5", -1000, 5},
        {200, "no-transform", -1000, 100},
    };
    for (const auto& row : rows) {
        const Answered answered({{"Cache-Control", row.cache_control}, {"Date", date(0)}, {"Last-Modified", date(row.modified)}},
                                row.status);
        EXPECT_EQ(lifetime_of(answered.terms(), {}), sec(row.lifetime)) << row.status << row.cache_control << row.modified;
    }
    const Answered answered({{"Date", date(0)}, {"Last-Modified", date(-1000)}});
    EXPECT_EQ(lifetime_of(answered.terms(), {.heuristic_percent = 0}), sec(0));
    EXPECT_EQ(lifetime_of(answered.terms(), {.heuristic_percent = 50}), sec(500));
}

TEST(Lifetime, OperatorHasTheLastWord) {
    const Policy policy{.ttl = sec(1000),
                        .ttl_of_status = {{.first = 404, .last = 404, .ttl = sec(10)}, {.first = 500, .last = 599, .ttl = sec(1)}}};
    const auto lifetime = [](test::Lines lines, std::uint16_t status, const Policy& chosen) {
        return lifetime_of(Answered(lines, status).terms(), chosen);
    };
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}}, 200, policy), sec(1000));
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}, {"Age", "300"}}, 200, policy), sec(1300));  // from when it came
    EXPECT_EQ(lifetime({}, 301, policy), sec(1000));
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}}, 302, policy), sec(5));
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}}, 410, policy), sec(5));  // errors only by name
    EXPECT_EQ(lifetime({}, 404, policy), sec(10));
    EXPECT_EQ(lifetime({}, 503, policy), sec(1));
    EXPECT_EQ(lifetime({}, 200, {.ttl_default = sec(7)}), sec(7));
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}}, 200, {.ttl_default = sec(7)}), sec(5));
    EXPECT_EQ(lifetime({}, 404, {.ttl_default = sec(7)}), sec(0));
    EXPECT_EQ(lifetime({{"Cache-Control", "max-age=500"}}, 200, {.ttl_max = sec(60)}), sec(60));
}

struct UseRow {
    std::string_view answer;   // Cache-Control
    std::string_view request;  // Cache-Control
    double now;
    Verdict verdict;
    Why why;
};

void expect_use(const UseRow& row, const Policy& policy = {}) {
    const Answered answered({{"Cache-Control", row.answer}, {"Date", date(0)}});
    const Asked asked({{"Cache-Control", row.request}});
    const auto got = use(answered.terms(policy), read_request_directives(asked.request.fields), at(row.now), policy);
    EXPECT_EQ(word_of(got.why), word_of(row.why)) << row.answer << " | " << row.request << " | " << row.now;
    EXPECT_EQ(got.verdict, row.verdict) << row.answer << " | " << row.request << " | " << row.now;
    if (row.request.empty()) EXPECT_EQ(use(answered.terms(policy), at(row.now), policy).verdict, row.verdict) << row.answer;
}

TEST(Use, OfFreshAndStale) {
    using enum Verdict;
    const UseRow rows[] = {
        {"max-age=60", "", 0, fresh, Why::is_fresh},
        {"max-age=60", "", 59.9, fresh, Why::is_fresh},
        {"max-age=60", "", 60, revalidate, Why::is_expired},
        {"max-age=0", "", 0, revalidate, Why::is_expired},
        {"max-age=60, no-cache", "", 0, revalidate, Why::has_no_cache},
        {"max-age=60, must-revalidate", "", 59, fresh, Why::is_fresh},
        {"max-age=60, must-revalidate", "", 60, revalidate, Why::is_expired},
        {"max-age=60, immutable", "", 61, revalidate, Why::is_expired},
        // RFC 5861 3.
        {"max-age=60, stale-while-revalidate=30", "", 60, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60, stale-while-revalidate=30", "", 90, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60, stale-while-revalidate=30", "", 91, revalidate, Why::is_expired},
        {"max-age=60, stale-while-revalidate=30, must-revalidate", "", 61, revalidate, Why::is_expired},
        {"max-age=60, stale-while-revalidate=30, proxy-revalidate", "", 61, revalidate, Why::is_expired},
        {"max-age=60, stale-while-revalidate=30, no-cache", "", 61, revalidate, Why::has_no_cache},
        {"s-maxage=60, stale-while-revalidate=30", "", 61, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60, stale-while-revalidate=x", "", 61, revalidate, Why::is_expired},
        {"max-age=60, stale-if-error=30", "", 61, revalidate, Why::is_expired},
    };
    for (const auto& row : rows) expect_use(row);
}

// RFC 9111 5.2.1.
TEST(Use, RequestHasAWord) {
    using enum Verdict;
    const UseRow rows[] = {
        {"max-age=60", "no-cache", 5, revalidate, Why::request_no_cache},
        {"max-age=60", "no-store", 5, fresh, Why::is_fresh},  // nothing new is stored, but this is not new
        {"max-age=60", "max-age=0", 0, revalidate, Why::request_max_age},
        {"max-age=60", "max-age=5", 5, fresh, Why::is_fresh},
        {"max-age=60", "max-age=5", 5.1, revalidate, Why::request_max_age},
        {"max-age=60", "max-age=x", 5, revalidate, Why::request_max_age},
        {"max-age=60", "min-fresh=50", 10, fresh, Why::is_fresh},
        {"max-age=60", "min-fresh=50", 11, revalidate, Why::request_min_fresh},
        {"max-age=60", "max-stale", 1000, stale, Why::within_max_stale},
        {"max-age=60", "max-stale=10", 70, stale, Why::within_max_stale},
        {"max-age=60", "max-stale=10", 71, revalidate, Why::is_expired},
        {"max-age=60", "max-stale=x", 60.5, revalidate, Why::is_expired},
        {"max-age=60, must-revalidate", "max-stale", 61, revalidate, Why::is_expired},
        {"max-age=60, proxy-revalidate", "max-stale", 61, revalidate, Why::is_expired},
        {"s-maxage=60", "max-stale", 61, revalidate, Why::is_expired},
        {"max-age=60", "only-if-cached", 5, fresh, Why::is_fresh},
        {"max-age=60", "only-if-cached", 61, unavailable, Why::is_expired},
        {"max-age=60", "only-if-cached, max-stale", 61, stale, Why::within_max_stale},
        {"max-age=60, stale-while-revalidate=9", "only-if-cached", 61, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60, stale-while-revalidate=9", "max-age=5", 61, revalidate, Why::request_max_age},
        // RFC 8246 2.
        {"max-age=60, immutable", "max-age=0", 5, fresh, Why::is_fresh},
        {"max-age=60, immutable", "no-cache", 5, revalidate, Why::request_no_cache},
        {"max-age=60, immutable", "max-age=0", 61, revalidate, Why::request_max_age},
    };
    for (const auto& row : rows) expect_use(row);
    const UseRow unheeded[] = {
        {"max-age=60", "no-cache", 5, fresh, Why::is_fresh},
        {"max-age=60", "max-age=0, min-fresh=100", 5, fresh, Why::is_fresh},
        {"max-age=60", "only-if-cached, max-stale", 61, revalidate, Why::is_expired},
    };
    for (const auto& row : unheeded) expect_use(row, {.heeds_requests = false});
}

TEST(Use, OperatorOpensWindows) {
    using enum Verdict;
    const Policy policy{.stale_while_revalidate = sec(30)};
    const UseRow rows[] = {
        {"max-age=60", "", 90, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60", "", 91, revalidate, Why::is_expired},
        {"max-age=60, stale-while-revalidate=0", "", 61, revalidate, Why::is_expired},  // the origin's word is nearer
        {"max-age=60, stale-while-revalidate=90", "", 150, stale_while_revalidate, Why::within_while_revalidate},
        {"max-age=60, must-revalidate", "", 61, revalidate, Why::is_expired},
        {"s-maxage=60", "", 61, revalidate, Why::is_expired},
        {"max-age=60, no-cache", "", 61, revalidate, Why::has_no_cache},
    };
    for (const auto& row : rows) expect_use(row, policy);
}

TEST(Use, MarksEndFreshness) {
    const Policy policy{.stale_while_revalidate = sec(30), .keep_serving = sec(100)};
    auto terms = Answered({{"Cache-Control", "max-age=60"}}).terms();
    terms.is_marked_stale = true;
    EXPECT_EQ(use(terms, at(1), {}).why, Why::is_marked_stale);
    EXPECT_EQ(use(terms, at(1), {}).verdict, Verdict::revalidate);
    EXPECT_EQ(use(terms, at(1), policy).verdict, Verdict::stale_while_revalidate);
    EXPECT_EQ(stands_in(terms, {}, at(1), policy), Why::within_keep_serving);
    // RFC 9111 4.4: not before a validation, whatever happens.
    terms.is_invalid = true;
    EXPECT_EQ(use(terms, at(1), policy).why, Why::is_invalid);
    EXPECT_EQ(use(terms, at(1), policy).verdict, Verdict::revalidate);
    EXPECT_EQ(stands_in(terms, {.stale_if_error = sec(9)}, at(1), policy), std::nullopt);
}

TEST(Use, OfNothing) {
    EXPECT_EQ(use_nothing({}, {}).verdict, Verdict::revalidate);
    EXPECT_EQ(use_nothing({.is_only_if_cached = true}, {}).verdict, Verdict::unavailable);
    EXPECT_EQ(use_nothing({.is_only_if_cached = true}, {.heeds_requests = false}).verdict, Verdict::revalidate);
}

TEST(Use, TellsAgeAndTtl) {
    const auto terms = Answered({{"Cache-Control", "max-age=60"}, {"Age", "10"}}).terms();
    const auto fresh = use(terms, at(5), {});
    EXPECT_EQ(fresh.age, std::chrono::seconds(15));
    EXPECT_EQ(fresh.ttl, std::chrono::seconds(45));
    EXPECT_EQ(use(terms, at(55), {}).ttl, std::chrono::seconds(-5));
    EXPECT_EQ(expiry_of(terms, {}), at(50));
}

// RFC 5861 4, RFC 9111 4.2.4.
TEST(StandsIn, WhenTheOriginFails) {
    struct Row {
        std::string_view answer, request;
        double now;
        std::optional<Why> plain, kept;  // by no policy; by `keep_serving 100 s`
    };
    constexpr auto kNo = std::nullopt;
    const Row rows[] = {
        {"max-age=60", "", 10, Why::is_fresh, Why::is_fresh},
        {"max-age=60", "", 61, kNo, Why::within_keep_serving},
        {"max-age=60", "", 160, kNo, Why::within_keep_serving},
        {"max-age=60", "", 161, kNo, kNo},
        {"max-age=60, stale-if-error=30", "", 90, Why::within_if_error, Why::within_if_error},
        {"max-age=60, stale-if-error=30", "", 91, kNo, Why::within_keep_serving},
        {"max-age=60", "stale-if-error=30", 90, Why::within_if_error, Why::within_if_error},
        {"s-maxage=60", "stale-if-error=30", 90, kNo, kNo},
        {"s-maxage=60, stale-if-error=30", "", 90, Why::within_if_error, Why::within_if_error},
        {"max-age=60, stale-if-error=30, must-revalidate", "", 61, kNo, kNo},
        {"max-age=60, stale-if-error=30, proxy-revalidate", "", 61, kNo, kNo},
        {"max-age=60, stale-if-error=30, no-cache", "", 10, kNo, kNo},
        {"max-age=60, must-revalidate", "no-cache", 10, Why::is_fresh, Why::is_fresh},
        {"max-age=60, stale-while-revalidate=30", "", 61, kNo, Why::within_keep_serving},
        {"", "", 10, kNo, Why::within_keep_serving},
    };
    for (const auto& row : rows) {
        const auto terms = Answered({{"Cache-Control", row.answer}}).terms();
        const auto request = read_request_directives(Asked({{"Cache-Control", row.request}}).request.fields);
        EXPECT_EQ(stands_in(terms, request, at(row.now), {}), row.plain) << row.answer << " | " << row.request << " | " << row.now;
        EXPECT_EQ(stands_in(terms, request, at(row.now), {.keep_serving = sec(100)}), row.kept) << row.answer << " | " << row.now;
    }
    for (const std::uint16_t status : {500, 502, 503, 504}) {
        EXPECT_TRUE(is_origin_failure(status));
        // A stored failure helps nobody.
        const auto failure = Answered({{"Cache-Control", "max-age=60, stale-if-error=60"}}, status).terms();
        EXPECT_EQ(stands_in(failure, {}, at(1), {.keep_serving = sec(100)}), std::nullopt);
        EXPECT_EQ(end_of_use(failure, {.keep_serving = sec(100)}), at(60));
    }
    for (const std::uint16_t status : {200, 404, 429, 501, 505}) EXPECT_FALSE(is_origin_failure(status));
}

TEST(StandsIn, EndOfUseIsTheLastWindow) {
    const auto end = [](std::string_view answer, const Policy& policy) {
        return end_of_use(Answered({{"Cache-Control", answer}}).terms(), policy) - at(0);
    };
    EXPECT_EQ(end("max-age=60", {}), sec(60));
    EXPECT_EQ(end("max-age=60, stale-if-error=30, stale-while-revalidate=90", {}), sec(150));
    EXPECT_EQ(end("max-age=60", {.keep_serving = sec(500)}), sec(560));
    EXPECT_EQ(end("max-age=60, must-revalidate", {.keep_serving = sec(500)}), sec(60));
    EXPECT_EQ(end("max-age=60, no-cache", {.keep_serving = sec(500)}), sec(0));
}

TEST(Why, HasWordsAndSentences) {
    for (unsigned i = 0; i <= static_cast<unsigned>(Why::has_no_entry); ++i) {
        EXPECT_NE(word_of(static_cast<Why>(i)), "unknown") << i;
        EXPECT_FALSE(explain(static_cast<Why>(i)).empty()) << i;
    }
}

}  // namespace
}  // namespace weir::cache
