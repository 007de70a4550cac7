#include "acme/json.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "base/rapidjson.h"

namespace weir::acme {

// Takes the events of RapidJSON's reader. The stack holds the values that are still open.
class JsonBuilder {
public:
    bool Null() { return take({}); }
    bool Bool(bool value) {
        Json json;
        json.kind_ = Json::Kind::boolean;
        json.is_true_ = value;
        return take(std::move(json));
    }
    bool Int(int) { return refuse("a number that is not text"); }
    bool Uint(unsigned) { return refuse("a number that is not text"); }
    bool Int64(std::int64_t) { return refuse("a number that is not text"); }
    bool Uint64(std::uint64_t) { return refuse("a number that is not text"); }
    bool Double(double) { return refuse("a number that is not text"); }
    bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return take(text_of(Json::Kind::number, {text, size})); }
    bool String(const char* text, rapidjson::SizeType size, bool) { return take(text_of(Json::Kind::string, {text, size})); }

    bool StartObject() { return open(Json::Kind::object); }
    bool StartArray() { return open(Json::Kind::array); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    bool Key(const char* text, rapidjson::SizeType size, bool) {
        auto& names = open_.back().names_;
        const std::string_view name(text, size);
        if (names.size() >= kMembersMax) return refuse("an object with too many members");
        if (std::ranges::find(names, name) != names.end()) return refuse("a member that comes twice");
        names.emplace_back(name);
        return true;
    }

    const char* fault() const { return fault_; }
    Json result() { return std::move(result_); }

private:
    static constexpr std::size_t kMembersMax = 200;  // looked through one by one

    static Json text_of(Json::Kind kind, std::string_view text) {
        Json json;
        json.kind_ = kind;
        json.text_ = text;
        return json;
    }
    bool open(Json::Kind kind) {
        if (open_.size() == Json::kDepthMax) return refuse("nested too deeply");
        open_.emplace_back().kind_ = kind;
        return true;
    }
    bool close() {
        auto json = std::move(open_.back());
        open_.pop_back();
        return take(std::move(json));
    }
    bool take(Json json) {
        if (++values_ > Json::kValuesMax) return refuse("too many values");
        if (open_.empty()) result_ = std::move(json);
        else open_.back().elements_.push_back(std::move(json));
        return true;
    }
    bool refuse(const char* why) {
        fault_ = why;
        return false;
    }

    std::vector<Json> open_;
    Json result_;
    std::size_t values_ = 0;
    const char* fault_ = nullptr;
};

std::expected<Json, std::string> Json::parse(std::string_view text) {
    if (text.size() > kOctetsMax) return std::unexpected("more than 512 KiB of JSON");
    if (text.contains('\0')) return std::unexpected("a NUL in JSON");  // the reader takes one for the end
    rapidjson::MemoryStream stream(text.data(), text.size());
    JsonBuilder builder;
    rapidjson::Reader reader;
    constexpr auto kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    const auto result = reader.Parse<kFlags>(stream, builder);
    if (builder.fault() != nullptr) return std::unexpected(std::string("JSON with ") + builder.fault());
    if (result.IsError()) return std::unexpected("no JSON: " + std::string(rapidjson::GetParseError_En(result.Code())));
    return builder.result();
}

const Json& Json::operator[](std::string_view name) const {
    static const Json kAbsent;
    if (kind_ != Kind::object) return kAbsent;
    const auto at = std::ranges::find(names_, name);
    return at == names_.end() ? kAbsent : elements_[static_cast<std::size_t>(at - names_.begin())];
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    append_json_text(text, out);
    return out + '"';
}

}  // namespace weir::acme
