#include "cache/directives.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using test::Answered;
using test::Asked;
using test::sec;

// All that a response's field says, as short text: what is absent is left out.
std::string told(const ResponseDirectives& d) {
    std::string out;
    const auto delta = [&](std::string_view name, const std::optional<Delta>& value) {
        if (value) out.append(name).append("=").append(std::to_string(value->count())).append(" ");
    };
    const auto flag = [&](std::string_view name, bool is_set) {
        if (is_set) out.append(name).append(" ");
    };
    delta("ma", d.max_age);
    delta("sma", d.s_maxage);
    delta("swr", d.stale_while_revalidate);
    delta("sie", d.stale_if_error);
    flag("public", d.is_public);
    flag("private", d.is_private);
    flag("no-cache", d.has_no_cache);
    flag("no-store", d.has_no_store);
    flag("no-transform", d.has_no_transform);
    flag("mr", d.has_must_revalidate);
    flag("pr", d.has_proxy_revalidate);
    flag("mu", d.has_must_understand);
    flag("immutable", d.is_immutable);
    if (!d.no_cache_fields.empty()) out.append("nc[").append(d.no_cache_fields).append("] ");
    if (!d.private_fields.empty()) out.append("pv[").append(d.private_fields).append("] ");
    if (!out.empty()) out.pop_back();
    return out;
}

struct Row {
    std::string_view value;
    std::string_view told;
};

TEST(CacheControl, IsReadStrictly) {
    const Row rows[] = {
        {"", ""},
        {"max-age=60", "ma=60"},
        {"MAX-Age=60", "ma=60"},
        {"  max-age=60 ,, ,s-maxage=5,", "ma=60 sma=5"},
        {"max-age=0060", "ma=60"},
        {"max-age=\"60\"", "ma=60"},  // RFC 9111 5.2: both forms are read
        {"foo, max-age=60, bar=baz", "ma=60"},
        {"public,no-transform , must-revalidate,proxy-revalidate,immutable,must-understand", "public no-transform mr pr mu immutable"},
        {"stale-while-revalidate=30, stale-if-error=90", "swr=30 sie=90"},
        {"no-store", "no-store"},
        {"No-Store", "no-store"},
        {"no-store=1", "no-store"},
        {"no-storee", ""},
        // RFC 9111 1.2.2: overflow.
        {"max-age=2147483647", "ma=2147483647"},
        {"max-age=2147483648", "ma=2147483648"},
        {"max-age=2147483649", "ma=2147483648"},
        {"max-age=99999999999999999999999999", "ma=2147483648"},
        // RFC 9111 4.2.1: invalid freshness is no freshness.
        {"max-age", "ma=0"},
        {"max-age=", "ma=0"},
        {"max-age=-60", "ma=0"},
        {"max-age=+60", "ma=0"},
        {"max-age=60.0", "ma=0"},
        {"max-age=6e1", "ma=0"},
        {"max-age=a60", "ma=0"},
        {"max-age=60a", "ma=0"},
        {"max-age='60'", "ma=0"},
        {"max-age=60;x=1", "ma=0"},
        {"max-age =60", "ma=0"},
        {"max-age= 60", "ma=0"},
        {"max-age=\t60", "ma=0"},
        {"max-age= \"60\"", "ma=0"},
        {"max-age=\"60\"0", "ma=0"},
        {"max-age=\"6\\0\"", "ma=0"},
        {"max-age=60 ", "ma=60"},
        {"s-maxage=x, max-age=60", "ma=60 sma=0"},
        // RFC 9111 4.2.1: given twice.
        {"max-age=60, max-age=5", "ma=5"},
        {"max-age=5, max-age=60", "ma=5"},
        {"max-age=60, max-age=x", "ma=0"},
        // Quoted strings hide what is in them.
        {"ext=\"max-age=3600\", max-age=1", "ma=1"},
        {"max-age=1, ext=\"max-age=3600\"", "ma=1"},
        {"ext=\"a, no-store, b\", public", "public"},
        {"ext=\"a\\\", no-store\", public", "public"},
        {"ext=a\"b, no-store", "no-store"},
        // What stands behind an open quote cannot be known.
        {"ext=\"max-age=3600, public", "no-store"},
        {"ext=\"a\\", "no-store"},
        {"ext=\"a\\\"", "no-store"},
        // Words that allow count only as they are written.
        {"public=1, immutable=x, must-understand=\"\"", ""},
        {"must-revalidate=x", "mr"},
        // Field lists (RFC 9111 5.2.2.4, 5.2.2.7): anything but a quoted list of names means the whole.
        {"no-cache", "no-cache"},
        {"no-cache=\"Set-Cookie\"", "nc[Set-Cookie]"},
        {"no-cache=\"a, b\" , private=\"c\"", "nc[a, b] pv[c]"},
        {"no-cache=\"a\", no-cache=\"b\"", "nc[a,b]"},
        {"no-cache=\"a\", no-cache", "no-cache nc[a]"},
        {"no-cache=\"\"", "no-cache"},
        {"no-cache=\" , \"", "no-cache"},
        {"no-cache=a", "no-cache"},
        {"no-cache=\"a b\"", "no-cache"},
        {"no-cache=\"a\"x", "no-cache"},
        {"private =\"a\"", "private"},
        {"private", "private"},
        {"private=", "private"},
        {"=x", ""},
        {"=", ""},
        {"\"", ""},
        {"\"no-store\"", ""},
    };
    for (const auto& row : rows) {
        const Answered answered({{"Cache-Control", row.value}});
        EXPECT_EQ(told(answered.directives()), row.told) << row.value;
    }
}

TEST(CacheControl, LinesAreOneList) {
    EXPECT_EQ(told(Answered({{"Cache-Control", "max-age=60"}, {"cache-control", "s-maxage=1"}}).directives()), "ma=60 sma=1");
    // RFC 9110 5.3: joined before they are read.
    EXPECT_EQ(told(Answered({{"Cache-Control", "ext=\"a"}, {"Cache-Control", "no-store\", public"}}).directives()), "public");
}

TEST(CacheControl, TargetedFieldComesFirst) {
    const std::string_view plain = "no-store";
    const Row rows[] = {
        {"max-age=60", "ma=60"},
        {"max-age=99999999999", "ma=2147483648"},
        {"max-age=60, foo", "ma=60"},
        {"max-age=60;x=1, no-transform;y", "ma=60 no-transform"},
        {"foo", ""},  // valid, and it says nothing
        {"private", "private"},
        {"no-cache", "no-cache"},
        {"no-cache=\"a, b\"", "nc[a, b]"},
        {"no-cache=(a b)", "no-cache"},
        {"no-cache=a", "no-cache"},
        {"public=?0, must-revalidate=?0", ""},
        {"public=?1", "public"},
        {"max-age=60, max-age=5", "ma=5"},  // a Dictionary's last counts (RFC 8941 4.2.2)
        {"max-age=5, max-age=60", "ma=60"},
        // Of the wrong type (RFC 9213 2.1): invalid, so stale.
        {"max-age=\"60\"", "ma=0"},
        {"max-age=60.5", "ma=0"},
        {"max-age=-1", "ma=0"},
        {"max-age", "ma=0"},
        // No Dictionary, or empty: as if it were not there (RFC 9213 2.1).
        {"", "no-store"},
        {" ", "no-store"},
        {"max-age=60, &&&", "no-store"},
        {"MaX-aGe=60", "no-store"},
        {"max-age =60", "no-store"},
        {"max-age= 60", "no-store"},
        {"max-age=60,", "no-store"},
        {"max-age=1234567890123456", "no-store"},
        {"max-age=\"60", "no-store"},
    };
    for (const auto& row : rows) {
        const Answered answered({{"Cache-Control", plain}, {"CDN-Cache-Control", row.value}});
        const auto directives = answered.directives();
        EXPECT_EQ(told(directives), row.told) << row.value;
        EXPECT_EQ(directives.is_targeted, row.told != plain) << row.value;
    }
}

TEST(CacheControl, TargetedFieldsHaveAnOrder) {
    const Policy policy{.targeted_fields = {"Weir-Cache-Control", "CDN-Cache-Control"}};
    EXPECT_EQ(told(Answered({{"CDN-Cache-Control", "max-age=2"}, {"Weir-Cache-Control", "max-age=1"}}).directives(policy)), "ma=1");
    EXPECT_EQ(told(Answered({{"CDN-Cache-Control", "max-age=2"}, {"Weir-Cache-Control", "?"}}).directives(policy)), "ma=2");
    EXPECT_EQ(told(Answered({{"CDN-Cache-Control", "max-age=2"}}).directives({.targeted_fields = {}})), "");
}

TEST(CacheControl, OperatorMayPassOverIt) {
    const Policy policy{.ignores_cache_control = true};
    const auto directives = Answered({{"Cache-Control", "no-store, private, max-age=5, no-transform"}}).directives(policy);
    EXPECT_EQ(told(directives), "no-transform");
    EXPECT_TRUE(directives.is_targeted);  // Expires says nothing either
}

std::string told(const RequestDirectives& d) {
    std::string out;
    const auto delta = [&](std::string_view name, const std::optional<Delta>& value) {
        if (value) out.append(name).append("=").append(std::to_string(value->count())).append(" ");
    };
    delta("ma", d.max_age);
    delta("mf", d.min_fresh);
    delta("ms", d.max_stale);
    delta("sie", d.stale_if_error);
    if (d.has_no_cache) out += "no-cache ";
    if (d.has_no_store) out += "no-store ";
    if (d.has_no_transform) out += "no-transform ";
    if (d.is_only_if_cached) out += "oic ";
    if (!out.empty()) out.pop_back();
    return out;
}

TEST(RequestCacheControl, IsRead) {
    const Row rows[] = {
        {"max-age=0", "ma=0"},
        {"max-age=x", "ma=0"},
        {"max-stale", "ms=2147483648"},
        {"max-stale=60", "ms=60"},
        {"max-stale=x", "ms=0"},
        {"max-stale, max-stale=5", "ms=5"},
        {"min-fresh=5, min-fresh=9", "mf=9"},
        {"min-fresh=x", ""},
        {"no-cache, No-Store,no-transform,only-if-cached", "no-cache no-store no-transform oic"},
        {"stale-if-error=60", "sie=60"},
        {"nothing-to-see", ""},
    };
    for (const auto& row : rows)
        EXPECT_EQ(told(read_request_directives(Asked({{"Cache-Control", row.value}}).request.fields)), row.told) << row.value;
}

// RFC 9111 5.4.
TEST(RequestCacheControl, PragmaCountsAlone) {
    EXPECT_EQ(told(read_request_directives(Asked({{"Pragma", "x, No-Cache"}}).request.fields)), "no-cache");
    EXPECT_EQ(told(read_request_directives(Asked({{"Pragma", "x"}}).request.fields)), "");
    EXPECT_EQ(told(read_request_directives(Asked({{"Pragma", "no-cache"}, {"Cache-Control", "max-stale=1"}}).request.fields)), "ms=1");
    EXPECT_FALSE(has_request_directives(Asked({{"Accept", "*/*"}}).request.fields));
}

// RFC 9111 5.1.
TEST(Age, FirstMemberCounts) {
    const std::pair<std::string_view, std::optional<Delta>> rows[] = {
        {"0", sec(0)},
        {"7200", sec(7200)},
        {"2147483648", kDeltaMax},
        {"2147483649", kDeltaMax},
        {"7200, 0", sec(7200)},
        {"0 , 7200", sec(0)},
        {"abc", std::nullopt},
        {"-7200", std::nullopt},
        {"7200.0", std::nullopt},
        {"7200;foo=bar", std::nullopt},
        {"abc, 7200", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& [text, age] : rows) EXPECT_EQ(read_age(Answered({{"Age", text}}).response.fields), age) << text;
    EXPECT_EQ(read_age(Answered({{"Age", "7200"}, {"Age", "0"}}).response.fields), sec(7200));
    EXPECT_EQ(read_age(Answered({{"Age", "0"}, {"Age", "7200"}}).response.fields), sec(0));
}

TEST(Expires, InvalidIsInThePast) {
    const auto read = [](test::Lines lines) { return read_expires(Answered(lines).response.fields); };
    EXPECT_FALSE(read({}).came);
    EXPECT_EQ(read({{"Expires", test::date(5)}}).at, test::at(5));
    EXPECT_TRUE(read({{"Expires", "0"}}).came);
    EXPECT_EQ(read({{"Expires", "0"}}).at, std::nullopt);
    EXPECT_EQ(read({{"Expires", ""}}).at, std::nullopt);
    EXPECT_TRUE(read({{"Expires", ""}}).came);
    EXPECT_EQ(read({{"Expires", test::date(5)}, {"Expires", test::date(3)}}).at, test::at(3));
    EXPECT_EQ(read({{"Expires", test::date(5)}, {"Expires", "soon"}}).at, std::nullopt);
}

TEST(DateField, SeveralThatDifferAreNone) {
    const auto read = [](test::Lines lines) { return read_date(Answered(lines).response.fields); };
    EXPECT_EQ(read({{"Date", test::date(5)}, {"Date", test::date(5)}}), test::at(5));
    EXPECT_EQ(read({{"Date", test::date(5)}, {"Date", test::date(6)}}), std::nullopt);
    EXPECT_EQ(read({{"Date", "foo"}}), std::nullopt);
    EXPECT_EQ(read({}), std::nullopt);
}

TEST(Directive, ListsFieldWithoutCase) {
    EXPECT_TRUE(lists_field("a, Set-Cookie", "set-cookie"));
    EXPECT_FALSE(lists_field("a, Set-Cookie2", "set-cookie"));
    EXPECT_FALSE(lists_field("", "set-cookie"));
}

}  // namespace
}  // namespace weir::cache
