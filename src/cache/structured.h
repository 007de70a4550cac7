// Structured fields (RFC 8941): as much of them as the cache reads. A field that breaks the grammar anywhere is no value at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::cache {

enum class ItemKind : std::uint8_t { boolean, integer, decimal, string, token, octets, inner_list };

struct Item {
    ItemKind kind = ItemKind::boolean;
    std::string_view text;     // of a string or token: between the quotes, escapes as they came
    std::int64_t integer = 0;  // of an integer; of a boolean 0 or 1
    bool has_escapes = false;  // of a string
};

struct Member {
    std::string_view key;  // of a Dictionary
    Item item;
};

// Walks a List or Dictionary, member by member; parameters are checked and passed over. A Dictionary may hold a key twice: the last
// counts (RFC 8941 4.2.2), which is the caller's to see to.
class MemberReader {
public:
    enum class Form : std::uint8_t { list, dictionary };
    MemberReader(std::string_view field, Form form);

    std::optional<Member> next();
    // After the last member: was everything in order?
    bool is_valid() const { return !fails_; }

private:
    bool take(char c);
    bool key(std::string_view& out);
    bool member_value(Item& item);
    bool bare_item(Item& item);
    bool number(Item& item);
    bool string(Item& item);
    bool token(Item& item);
    bool octets(Item& item);
    bool boolean(Item& item);
    bool inner_list(Item& item);
    bool parameters();
    bool separator();
    void skip(std::string_view octets);
    std::optional<Member> fail();

    std::string_view left_;
    Form form_;
    bool fails_ = false;
};

// Does the whole field parse, with at least one member?
bool is_valid_members(std::string_view field, MemberReader::Form form);

}  // namespace weir::cache
