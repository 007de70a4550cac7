#include "http/fields.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace weir::http {
namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (is_alpha(c)) c = static_cast<char>(c & ~0x20);
    return out;
}

std::string text_of(const Fields& fields) {
    std::string text;
    for (const auto& field : fields) text.append(field.name).append("=").append(field.value).append("|");
    return text;
}

constexpr auto kCount = static_cast<unsigned>(FieldId::count_);

TEST(FieldId, KnowsEveryNameInEveryCase) {
    for (unsigned i = 1; i < kCount; ++i) {
        const auto id = static_cast<FieldId>(i);
        const auto name = name_of(id);
        EXPECT_FALSE(name.empty()) << i;
        EXPECT_EQ(id_of(name), id) << name;
        EXPECT_EQ(id_of(lower(name)), id) << name;
        EXPECT_EQ(id_of(upper(name)), id) << name;
    }
    EXPECT_EQ(name_of(FieldId::content_length), "Content-Length");
    EXPECT_EQ(name_of(FieldId::etag), "ETag");
    EXPECT_EQ(name_of(FieldId::te), "TE");
    EXPECT_EQ(name_of(FieldId::x_request_id), "X-Request-ID");
}

// One octet changed, added or taken away is another name.
TEST(FieldId, KnowsNothingElse) {
    for (unsigned i = 1; i < kCount; ++i) {
        const auto name = name_of(static_cast<FieldId>(i));
        for (std::size_t at = 0; at < name.size(); ++at) {
            for (unsigned c = 0; c < 256; ++c) {
                std::string other(name);
                other[at] = static_cast<char>(c);
                const auto id = id_of(other);
                EXPECT_TRUE(id == FieldId::other || equal_ignoring_case(name_of(id), other)) << other;
            }
            std::string shorter(name);
            shorter.erase(at, 1);
            const auto id = id_of(shorter);
            EXPECT_TRUE(id == FieldId::other || equal_ignoring_case(name_of(id), shorter)) << shorter;
        }
        EXPECT_EQ(id_of(std::string(name) + "x"), FieldId::other);
        EXPECT_EQ(id_of("x" + std::string(name)), FieldId::other);
    }
    for (const auto* name :
         {"", "a", "X", "zz", "content_length", "Content\rLength", "content-lengthy-name-that-is-far-too-long-for-the-table"})
        EXPECT_EQ(id_of(name), FieldId::other) << name;
}

TEST(FieldSet, Holds) {
    constexpr FieldSet set{FieldId::accept, FieldId::x_request_id, FieldId::vary};
    static_assert(set.has(FieldId::accept) && set.has(FieldId::x_request_id) && !set.has(FieldId::age));
    static_assert(set.meets({FieldId::vary, FieldId::age}) && !set.meets({FieldId::age, FieldId::via}) && !FieldSet{}.meets(set));
}

TEST(Fields, AddsAndFinds) {
    Arena arena;
    Fields fields(arena);
    EXPECT_TRUE(fields.empty());
    EXPECT_EQ(fields.find(FieldId::host), nullptr);
    EXPECT_EQ(fields.find("x-a"), nullptr);
    fields.add("hOST", "a");
    fields.add("X-A", "1");
    fields.add(FieldId::vary, "b");
    fields.add("x-a", "2");
    EXPECT_EQ(fields.size(), 4U);
    EXPECT_TRUE(fields.has(FieldId::host));
    EXPECT_FALSE(fields.has(FieldId::accept));
    EXPECT_EQ(fields.find(FieldId::host)->name, "hOST");
    EXPECT_EQ(fields.find("Host"), fields.find(FieldId::host));
    EXPECT_EQ(fields.value("VARY"), "b");
    EXPECT_EQ(fields.value(FieldId::vary), "b");
    EXPECT_EQ(fields.find(FieldId::vary)->name, "Vary");
    EXPECT_EQ(fields.value("X-a"), "1");
    EXPECT_EQ(fields.value("X-b"), "");
    EXPECT_EQ(fields.value(FieldId::accept), "");
}

TEST(Fields, KnowsTheOnlyOne) {
    Arena arena;
    Fields fields(arena);
    EXPECT_EQ(fields.only(FieldId::host), nullptr);
    for (const auto* name : {"Age", "Host", "Via"}) fields.add(name, "1");
    EXPECT_EQ(fields.only(FieldId::host), fields.find(FieldId::host));
    fields.add("host", "2");
    EXPECT_EQ(fields.only(FieldId::host), nullptr);
}

TEST(Fields, AddsOthers) {
    Arena arena;
    Fields fields(arena), others(arena), none(arena);
    fields.add("A", "1");
    for (int i = 0; i < 40; ++i) others.add("Via", "2");
    fields.add(others);
    fields.add(none);
    EXPECT_EQ(fields.size(), 41U);
    EXPECT_EQ(fields[0].value, "1");
    EXPECT_EQ(fields.count(FieldId::via), 40U);
    EXPECT_FALSE(fields.has(FieldId::age));
}

TEST(Fields, Sets) {
    Arena arena;
    Fields fields(arena);
    for (const auto* name : {"Via", "X", "via", "x", "Age"}) fields.add(name, "1");
    fields.set(FieldId::via, "2");
    EXPECT_EQ(text_of(fields), "Via=2|X=1|x=1|Age=1|");
    fields.set("x", "3");
    EXPECT_EQ(text_of(fields), "Via=2|X=3|Age=1|");
    fields.set("age", "4");
    fields.set("New", "5");
    fields.set(FieldId::etag, "6");
    EXPECT_EQ(text_of(fields), "Via=2|X=3|Age=4|New=5|ETag=6|");
}

TEST(Fields, Removes) {
    Arena arena;
    Fields fields(arena);
    for (const auto* name : {"Via", "X", "via", "x", "Age"}) fields.add(name, "1");
    EXPECT_EQ(fields.remove("X"), 2U);
    EXPECT_EQ(fields.remove("X"), 0U);
    EXPECT_EQ(fields.remove(FieldId::via), 2U);
    EXPECT_FALSE(fields.has(FieldId::via));
    EXPECT_EQ(fields.remove(FieldId::via), 0U);
    EXPECT_TRUE(fields.has(FieldId::age));
    EXPECT_EQ(fields.remove("AGE"), 1U);
    EXPECT_TRUE(fields.empty());
    fields.add("A", "b");
    fields.clear();
    EXPECT_TRUE(fields.empty());
    EXPECT_FALSE(fields.has(FieldId::other));
}

TEST(Fields, RemovesSets) {
    const auto without = [](std::initializer_list<const char*> names, const FieldSet& ids, std::size_t removed) {
        Arena arena;
        Fields fields(arena);
        for (const auto* name : names) fields.add(name, "1");
        EXPECT_EQ(fields.remove(ids), removed);
        for (const auto& field : fields) EXPECT_FALSE(ids.has(field.id));
        EXPECT_FALSE(fields.has_any(ids));
        return text_of(fields);
    };
    const FieldSet ids{FieldId::via, FieldId::te, FieldId::x_request_id};
    EXPECT_EQ(without({}, ids, 0), "");
    EXPECT_EQ(without({"A", "Age"}, ids, 0), "A=1|Age=1|");
    EXPECT_EQ(without({"Via"}, ids, 1), "");
    EXPECT_EQ(without({"Via", "A", "B", "TE"}, ids, 2), "A=1|B=1|");
    EXPECT_EQ(without({"A", "Via", "te", "B", "C", "X-Request-Id", "Age", "D"}, ids, 3), "A=1|B=1|C=1|Age=1|D=1|");
    EXPECT_EQ(without({"A", "Via", "B", "Via", "C", "Via"}, ids, 3), "A=1|B=1|C=1|");
}

TEST(Fields, Grows) {
    Arena arena;
    Fields fields(arena);
    for (int i = 0; i < 1000; ++i) fields.add(arena.copy("X-" + std::to_string(i)), arena.copy(std::to_string(i)));
    EXPECT_EQ(fields.size(), 1000U);
    EXPECT_EQ(fields.value("x-0"), "0");
    EXPECT_EQ(fields.value("x-999"), "999");
}

TEST(Fields, JoinsLines) {
    Arena arena;
    Fields fields(arena);
    EXPECT_EQ(fields.joined(FieldId::via), "");
    EXPECT_EQ(fields.joined("x"), "");
    fields.add("Via", "a");
    EXPECT_EQ(fields.joined(FieldId::via), "a");
    fields.add("X", "1");
    fields.add("via", "b, c");
    fields.add("x", "");
    fields.add("x", "2");
    EXPECT_EQ(fields.joined("VIA"), "a, b, c");
    EXPECT_EQ(fields.joined("X"), "1, , 2");
    EXPECT_EQ(fields.count(FieldId::via), 2U);
    EXPECT_EQ(fields.count(FieldId::age), 0U);
}

TEST(Fields, KnowsTokens) {
    Arena arena;
    Fields fields(arena);
    EXPECT_FALSE(fields.has_token(FieldId::connection, "close"));
    fields.add("Connection", "keep-alive,, Upgrade ");
    fields.add("Connection", "x");
    EXPECT_TRUE(fields.has_token(FieldId::connection, "upgrade"));
    EXPECT_TRUE(fields.has_token(FieldId::connection, "X"));
    EXPECT_FALSE(fields.has_token(FieldId::connection, "keep"));
    EXPECT_FALSE(fields.has_token(FieldId::connection, ""));
}

}  // namespace
}  // namespace weir::http
