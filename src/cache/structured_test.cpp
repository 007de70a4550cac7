#include "cache/structured.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cache {
namespace {

std::string value_of(const Item& item) {
    switch (item.kind) {
        case ItemKind::boolean: return item.integer != 0 ? "?1" : "?0";
        case ItemKind::integer: return std::to_string(item.integer);
        case ItemKind::decimal: return "decimal";
        case ItemKind::string: return "'" + std::string(item.text) + "'" + (item.has_escapes ? "e" : "");
        case ItemKind::token: return std::string(item.text);
        case ItemKind::octets: return "octets";
        case ItemKind::inner_list: return "()";
    }
    return "";
}

std::string told(std::string_view field, MemberReader::Form form) {
    if (!is_valid_members(field, form)) return "!";
    std::string out;
    MemberReader reader(field, form);
    while (const auto member = reader.next()) {
        if (!out.empty()) out += " ";
        if (!member->key.empty()) out.append(member->key).append("=");
        out += value_of(member->item);
    }
    return out;
}

struct Row {
    std::string_view field, told;
};

// RFC 8941 3.2, 4.2.2.
TEST(StructuredField, Dictionary) {
    const Row rows[] = {
        {"a", "a=?1"},
        {"a=1, b;x=5;y, c=?0", "a=1 b=?1 c=?0"},
        {" a=1 \t,\t b ", "a=1 b=?1"},
        {"*k_-.9*=x", "*k_-.9*=x"},
        {"a=-15, b=4.5, c=tok:en/x, d=\"s\", e=:aGk=:, f=(1 \"b\";q c)", "a=-15 b=decimal c=tok:en/x d='s' e=octets f=()"},
        {"a=()", "a=()"},
        {"a=\"x\\\"y\\\\\"", "a='x\\\"y\\\\'e"},
        {"a=999999999999999", "a=999999999999999"},
        {"a;b=\"c,d\", e", "a=?1 e=?1"},
        {"", "!"},
        {"  ", "!"},
        {"A=1", "!"},
        {"1=a", "!"},
        {"a=", "!"},
        {"a =1", "!"},
        {"a= 1", "!"},
        {"a,", "!"},
        {"a,,b", "!"},
        {"a b", "!"},
        {"a=1000000000000000", "!"},
        {"a=1.2345", "!"},
        {"a=1234567890123.1", "!"},
        {"a=1.", "!"},
        {"a=-", "!"},
        {"a=\"x", "!"},
        {"a=\"x\\", "!"},
        {"a=\"\\x\"", "!"},
        {"a=\"\x7f\"", "!"},
        {"a=\"\xc3\xa4\"", "!"},
        {"a=?2", "!"},
        {"a=?", "!"},
        {"a=:x", "!"},
        {"a=:!:", "!"},
        {"a=(1", "!"},
        {"a=(1,2)", "!"},
        {"a=(\"b\"c)", "!"},
        {"a;B", "!"},
        {"a;b=", "!"},
        {"a=&", "!"},
    };
    for (const auto& row : rows) EXPECT_EQ(told(row.field, MemberReader::Form::dictionary), row.told) << row.field;
}

// RFC 8941 3.1, 4.2.1.
TEST(StructuredField, List) {
    const Row rows[] = {
        {"\"a\", \"b\"", "'a' 'b'"}, {"a, 1;x, (b c)", "a 1 ()"}, {"\"a\"", "'a'"}, {"\"a\",", "!"},
        {"\"a\" \"b\"", "!"},        {"\"a\";=1", "!"},           {"", "!"},
    };
    for (const auto& row : rows) EXPECT_EQ(told(row.field, MemberReader::Form::list), row.told) << row.field;
}

}  // namespace
}  // namespace weir::cache
