// Json: one text of a CA, read strictly into a tree that is bounded in every direction. Duplicate members, unknown escapes, bad UTF-8 and
// anything behind the value are refused. Thread: any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace weir::acme {

class Json {
public:
    static constexpr std::size_t kOctetsMax = 512 * 1024;
    static constexpr std::size_t kDepthMax = 8;
    static constexpr std::size_t kValuesMax = 20'000;

    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    // The error is one line for a person.
    static std::expected<Json, std::string> parse(std::string_view text);

    Kind kind() const { return kind_; }
    bool is_true() const { return kind_ == Kind::boolean && is_true_; }
    const std::string& string() const { return text_; }              // of a string, the digits of a number; else empty
    const std::vector<Json>& elements() const { return elements_; }  // of an array or, in the order they came, of an object
    // Of an object; a null value is there when the member is absent or this is no object.
    const Json& operator[](std::string_view name) const;

private:
    friend class JsonBuilder;
    Kind kind_ = Kind::null;
    bool is_true_ = false;
    std::string text_;
    std::vector<Json> elements_;
    std::vector<std::string> names_;  // of an object's elements
};

// A text in quotes, escaped.
std::string json_string(std::string_view text);

}  // namespace weir::acme
