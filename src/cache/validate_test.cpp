#include "cache/validate.h"

#include <gtest/gtest.h>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using http::Method;
using test::Answered;
using test::Asked;
using test::at;
using test::date;

Validators validators(const Answered& answered) { return read_validators(answered.response.fields, at(0)); }

// RFC 9110 8.8.3.2.
TEST(EntityTag, IsCompared) {
    struct Row {
        std::string_view a, b;
        bool strongly, weakly;
    };
    const Row rows[] = {
        {"W/\"1\"", "W/\"1\"", false, true}, {"W/\"1\"", "W/\"2\"", false, false}, {"W/\"1\"", "\"1\"", false, true},
        {"\"1\"", "\"1\"", true, true},      {"\"\"", "\"\"", true, true},         {"", "", false, false},
        {"\"1\"", "1", false, false},        {"w/\"1\"", "W/\"1\"", false, false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(equal_strongly(row.a, row.b), row.strongly) << row.a << row.b;
        EXPECT_EQ(equal_weakly(row.a, row.b), row.weakly) << row.a << row.b;
    }
}

TEST(Validators, AreRead) {
    const Answered both({{"ETag", "\"a\""}, {"Last-Modified", date(-100)}, {"Date", date(-1)}});
    EXPECT_EQ(validators(both).etag, "\"a\"");
    EXPECT_EQ(validators(both).modified, at(-100));
    EXPECT_EQ(validators(both).date, at(-1));
    EXPECT_TRUE(validators(both).has_strong());
    EXPECT_FALSE(validators(Answered({{"ETag", "W/\"a\""}, {"Last-Modified", date(-100)}})).has_strong());
    EXPECT_TRUE(validators(Answered({{"Last-Modified", date(-60)}})).has_strong());
    EXPECT_FALSE(validators(Answered({{"Last-Modified", date(-59)}})).has_strong());
    EXPECT_FALSE(validators(Answered({{"Last-Modified", "yesterday"}})).any());
    EXPECT_FALSE(validators(Answered({{"ETag", "\"a\""}, {"ETag", "\"b\""}})).any());
    EXPECT_FALSE(validators(Answered()).any());
}

Precondition evaluated(test::Lines conditions, test::Lines answer, std::uint16_t status = 200) {
    return evaluate(Asked(conditions).request, validators(Answered(answer)), status);
}

// RFC 9110 13.1.2, 13.1.3, 13.2.2.
TEST(Conditions, AreAnsweredFromTheStore) {
    constexpr auto kSend = Precondition::none;
    constexpr auto kSame = Precondition::not_modified;
    struct Row {
        std::string_view if_none_match, etag;
        Precondition precondition;
    };
    const Row rows[] = {
        {"\"a\"", "\"a\"", kSame},
        {"\"b\"", "\"a\"", kSend},
        {"W/\"a\"", "\"a\"", kSame},  // weakly
        {"\"a\"", "W/\"a\"", kSame},
        {"\"x\", \"y\", \"a\"", "\"a\"", kSame},
        {"\"x\",\"a\",\"y\"", "\"a\"", kSame},
        {" , W/\"x\" , W/\"a\"", "\"a\"", kSame},
        {"\"x, \"a\", y\"", "\"a\"", kSend},  // a comma may stand within a tag
        {"\"x,y\", \"a\"", "\"a\"", kSame},
        {"*", "\"a\"", kSame},
        {"*", "", kSame},
        {"\"a\"", "", kSend},
        {"", "\"a\"", kSend},
        {"\"\xfc\"", "\"\xfc\"", kSame},
        {"a", "a", kSame},  // not well-formed, but the very same
        {"a", "\"a\"", kSend},
        {"\"a\"", "a", kSend},
        {"w/\"a\"", "w/\"a\"", kSame},
        {"\"a", "\"a\"", kSend},
    };
    for (const auto& row : rows)
        EXPECT_EQ(evaluated({{"If-None-Match", row.if_none_match}}, {{"ETag", row.etag}}), row.precondition)
            << row.if_none_match << row.etag;
    EXPECT_EQ(evaluated({{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}, {{"ETag", "\"a\""}}), kSame);
}

TEST(Conditions, OfTime) {
    constexpr auto kSend = Precondition::none;
    constexpr auto kSame = Precondition::not_modified;
    const auto since = [](std::string_view text, test::Lines answer) { return evaluated({{"If-Modified-Since", text}}, answer); };
    EXPECT_EQ(since(date(-10), {{"Last-Modified", date(-10)}}), kSame);
    EXPECT_EQ(since(date(-9), {{"Last-Modified", date(-10)}}), kSame);
    EXPECT_EQ(since(date(-11), {{"Last-Modified", date(-10)}}), kSend);
    EXPECT_EQ(since("Wednesday, 31-Dec-25 23:59:50 GMT", {{"Last-Modified", date(-10)}}), kSame);
    EXPECT_EQ(since("soon", {{"Last-Modified", date(-10)}}), kSend);
    // RFC 9111 4.3.2: Date stands for a Last-Modified that is not there.
    EXPECT_EQ(since(date(-10), {{"Date", date(-10)}}), kSame);
    EXPECT_EQ(since(date(-11), {{"Date", date(-10)}}), kSend);
    EXPECT_EQ(since(date(0), {}), kSame);
    // If-None-Match decides alone.
    EXPECT_EQ(evaluated({{"If-Modified-Since", date(-99)}, {"If-None-Match", "\"a\""}}, {{"ETag", "\"a\""}, {"Last-Modified", date(-5)}}),
              kSame);
    EXPECT_EQ(evaluated({{"If-Modified-Since", date(0)}, {"If-None-Match", "\"b\""}}, {{"ETag", "\"a\""}, {"Last-Modified", date(-5)}}),
              kSend);
    EXPECT_EQ(evaluated({{"If-Modified-Since", date(0)}, {"If-Modified-Since", date(0)}}, {{"Last-Modified", date(-5)}}), kSend);
    // RFC 9110 13.2.1: only what would have been a success.
    EXPECT_EQ(evaluated({{"If-None-Match", "*"}}, {}, 404), kSend);
    EXPECT_EQ(evaluate(Asked({{"If-None-Match", "*"}}, Method::post).request, {}, 200), kSend);
    EXPECT_EQ(evaluate(Asked({{"If-None-Match", "*"}}, Method::head).request, {}, 200), kSame);
}

// RFC 9110 13.1.5.
TEST(Conditions, IfRange) {
    const auto lets = [](std::string_view condition, test::Lines answer) {
        return lets_range_count(Asked({{"If-Range", condition}}).request.fields, validators(Answered(answer)));
    };
    EXPECT_TRUE(lets_range_count(Asked().request.fields, {}));
    EXPECT_TRUE(lets("\"a\"", {{"ETag", "\"a\""}}));
    EXPECT_FALSE(lets("\"b\"", {{"ETag", "\"a\""}}));
    EXPECT_FALSE(lets("W/\"a\"", {{"ETag", "W/\"a\""}}));
    EXPECT_FALSE(lets("\"a\", \"b\"", {{"ETag", "\"a\""}}));
    EXPECT_TRUE(lets(date(-60), {{"Last-Modified", date(-60)}}));
    EXPECT_FALSE(lets(date(-59), {{"Last-Modified", date(-60)}}));  // the very same, not "not after"
    EXPECT_FALSE(lets(date(-10), {{"Last-Modified", date(-10)}}));  // too new to be strong
    EXPECT_FALSE(lets(date(-60), {}));
    EXPECT_FALSE(lets("", {{"ETag", "\"a\""}}));
}

TEST(NotModified, KeepsWhatGuides) {
    Answered answered({{"Date", date(0)},
                       {"ETag", "\"a\""},
                       {"Last-Modified", date(-9)},
                       {"Content-Type", "a/b"},
                       {"Content-Length", "5"},
                       {"Content-Encoding", "br"},
                       {"Content-Language", "de"},
                       {"Cache-Control", "max-age=9"},
                       {"Vary", "Foo"},
                       {"Expires", date(9)},
                       {"Content-Location", "/x"},
                       {"X-A", "1"}});
    reduce_to_not_modified(answered.response.fields);
    EXPECT_EQ(test::text_of(answered.response.fields),
              "Date: " + date(0) + "|ETag: \"a\"|Cache-Control: max-age=9|Vary: Foo|Expires: " + date(9) + "|Content-Location: /x|X-A: 1|");
    Answered untagged({{"Last-Modified", date(-9)}});
    reduce_to_not_modified(untagged.response.fields);
    EXPECT_EQ(untagged.response.fields.size(), 1U);
}

// RFC 9111 4.3.1.
TEST(Revalidation, TakesTheEntrysConditions) {
    const test::Lines kClient = {{"If-None-Match", "\"mine\""},
                                 {"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                 {"If-Range", "\"x\""},
                                 {"Range", "bytes=0-"},
                                 {"Accept", "*/*"}};
    const auto made = [&](test::Lines answer) {
        Asked asked(kClient);
        make_conditional(asked.request.fields, validators(Answered(answer)));
        return test::text_of(asked.request.fields);
    };
    const Answered old({{"ETag", "W/\"a\""}, {"Last-Modified", "Sunday, 06-Nov-94 08:49:37 GMT"}});
    Asked asked(kClient);
    make_conditional(asked.request.fields, validators(old));
    EXPECT_EQ(test::text_of(asked.request.fields), "Accept: */*|If-None-Match: W/\"a\"|If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT|");
    EXPECT_EQ(made({}), "Accept: */*|");

    const Answered a({{"ETag", "\"a\""}}), b({{"Last-Modified", date(-9)}}), c({{"ETag", "\"c\""}});
    const Validators variants[] = {validators(a), validators(b), validators(c)};
    Asked many(kClient);
    make_conditional(many.request.fields, variants);
    EXPECT_EQ(test::text_of(many.request.fields), "Accept: */*|If-None-Match: \"a\", \"c\"|");
}

// RFC 9111 4.3.4.
TEST(Revalidation, UpdatesWhatThe304SpeaksOf) {
    struct Row {
        std::string_view stored_etag;
        double stored_modified;  // 0: none
        std::string_view etag;
        double modified;
        bool is_updated;
    };
    const Row rows[] = {
        {"\"a\"", 0, "\"a\"", 0, true},      {"\"a\"", 0, "\"b\"", 0, false},
        {"W/\"a\"", 0, "\"a\"", 0, false},  // a strong tag that the entry has not
        {"\"a\"", 0, "W/\"a\"", 0, true},    {"W/\"a\"", 0, "W/\"a\"", 0, true},
        {"W/\"a\"", 0, "W/\"b\"", 0, false}, {"\"a\"", -100, "\"a\"", -50, true},
        {"\"a\"", -100, "", -100, true},     {"\"a\"", -100, "", -50, false},
        {"", -100, "", -100, true},          {"", -100, "\"a\"", -100, false},
        {"", 0, "\"a\"", 0, false},
    };
    for (const auto& row : rows) {
        Answered stored, newer;
        const auto stored_date = date(row.stored_modified), newer_date = date(row.modified);
        if (!row.stored_etag.empty()) stored.response.fields.add("ETag", row.stored_etag);
        if (row.stored_modified != 0) stored.response.fields.add("Last-Modified", stored_date);
        if (!row.etag.empty()) newer.response.fields.add("ETag", row.etag);
        if (row.modified != 0) newer.response.fields.add("Last-Modified", newer_date);
        newer.response.status = 304;
        EXPECT_EQ(is_updated_by(validators(stored), newer.response, true), row.is_updated) << row.stored_etag << row.etag << row.modified;
    }
    const Answered silent({}, 304), stored({{"ETag", "\"a\""}});
    EXPECT_TRUE(is_updated_by(validators(stored), silent.response, true));
    EXPECT_FALSE(is_updated_by(validators(stored), silent.response, false));
}

// RFC 9111 4.3.5.
TEST(Revalidation, ByHead) {
    const Answered stored({{"ETag", "\"a\""}, {"Last-Modified", date(-9)}});
    const auto confirmed = [&](test::Lines lines, std::optional<std::uint64_t> length = {}, std::uint16_t status = 200) {
        Answered head(lines, status);
        head.response.states_length = length.has_value();
        head.response.content_length = length.value_or(0);
        return is_confirmed_by_head(validators(stored), 10, head.response);
    };
    EXPECT_TRUE(confirmed({}));
    EXPECT_TRUE(confirmed({{"ETag", "\"a\""}, {"Last-Modified", date(-9)}}, 10));
    EXPECT_FALSE(confirmed({{"ETag", "\"b\""}}));
    EXPECT_FALSE(confirmed({{"ETag", "W/\"a\""}}));
    EXPECT_FALSE(confirmed({{"Last-Modified", date(-8)}}));
    EXPECT_FALSE(confirmed({}, 11));
    EXPECT_FALSE(confirmed({}, 10, 410));
}

// RFC 9111 3.2.
TEST(Freshen, ReplacesNameByName) {
    Answered stored({{"Date", date(0)},
                     {"Age", "7"},
                     {"A", "1"},
                     {"A", "2"},
                     {"B", "3"},
                     {"Content-Length", "5"},
                     {"Content-Encoding", "br"},
                     {"Content-Type", "a/b"},
                     {"Cache-Control", "max-age=1"},
                     {"ETag", "\"a\""}});
    const Answered newer({{"date", date(9)},
                          {"a", "8"},
                          {"A", "9"},
                          {"C", "4"},
                          {"Content-Length", "0"},
                          {"Content-Encoding", "gzip"},
                          {"Content-Range", "bytes 0-1/2"},
                          {"Content-Type", "c/d"},
                          {"Connection", "X-Hop"},
                          {"X-Hop", "1"},
                          {"Set-Cookie", "a=b"},
                          {"Cache-Control", "max-age=2"},
                          {"Cache-Control", "no-cache=\"Q\""},
                          {"Q", "1"}},
                         304);
    freshen(stored.response.fields, newer.response.fields, newer.directives(), {});
    EXPECT_EQ(test::text_of(stored.response.fields),
              "B: 3|Content-Length: 5|Content-Encoding: br|ETag: \"a\"|date: " + date(9) +
                  "|a: 8|A: 9|C: 4|Content-Type: c/d|Cache-Control: max-age=2|Cache-Control: no-cache=\"Q\"|");
    const Answered aged({{"Age", "3"}}, 304);
    freshen(stored.response.fields, aged.response.fields, aged.directives(), {});
    EXPECT_EQ(stored.response.fields.value("Age"), "3");
}

TEST(Freshen, DateIsThere) {
    Answered answered;
    ensure_date(answered.response.fields, at(5));
    EXPECT_EQ(test::text_of(answered.response.fields), "Date: " + date(5) + "|");
    ensure_date(answered.response.fields, at(9));
    EXPECT_EQ(test::text_of(answered.response.fields), "Date: " + date(5) + "|");
}

}  // namespace
}  // namespace weir::cache
