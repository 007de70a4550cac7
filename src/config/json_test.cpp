#include "config/json.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "config/format.h"

namespace weir::config {
namespace {

std::string text_of(std::string json) {
    auto out = text_of_json("t.json", std::move(json));
    return out.text.value_or(out.report.text());
}

TEST(Json, ReadsDirectives) {
    EXPECT_EQ(text_of(R"({"directives": [{"directive": "site", "args": [":8080"], "block": [{"directive": "proxy", "args": ["a:1"]}]}]})"),
              "site :8080 {\n    proxy a:1\n}\n");
    EXPECT_EQ(
        text_of(
            R"({"directives": [{"one_line": true, "block": [{"args": ["a b"], "directive": "c"}], "directive": "x", "comment": "# y"}]})"),
        "x { c \"a b\" }  # y\n");
    EXPECT_EQ(text_of(R"({"directives": []})"), "");
    EXPECT_EQ(text_of(R"({"directives": [{"directive": "a", "args": ["\u00fc\n\""]}]})"), "a \"ü\\n\\\"\"\n");
}

struct FaultCase {
    std::string_view json;
    std::string_view message;
};

TEST(Json, SaysWhatIsWrong) {
    for (const auto& [json, message] : {
             FaultCase{"", "t.json:1:1: error: this is not valid JSON"},
             FaultCase{"[]", "t.json:1:1: error: this is no configuration in JSON"},
             FaultCase{"{", "t.json:1:2: error: this is not valid JSON"},
             FaultCase{R"({"directivs": []})", "t.json:1:2: error: unknown key 'directivs'"},
             FaultCase{R"({"directives": {}})", "t.json:1:16: error: wrong type of 'directives'"},
             FaultCase{R"({"directives": ["a"]})", "t.json:1:19: error: this is no directive"},
             FaultCase{R"({"directives": [{}]})", "t.json:1:17: error: a directive without a name"},
             FaultCase{R"({"directives": [{"directive": 1}]})", "t.json:1:31: error: wrong type of 'directive'"},
             FaultCase{R"({"directives": [{"directive": "a", "args": [1]}]})", "t.json:1:45: error: wrong type in an array"},
             FaultCase{R"({"directives": [{"directive": "a", "args": ["\u0001"]}]})", "t.json:1:45: error: a control octet in a word"},
             FaultCase{R"({"directives": [{"directive": "a", "comment": "x"}]})", "t.json:1:47: error: this is no comment"},
             FaultCase{R"({"directives": [{"directive": "a", "one_line": "x"}]})", "t.json:1:50: error: wrong type of 'one_line'"},
             FaultCase{R"({"directives": [{"directive": "a", "arg": []}]})", "t.json:1:36: error: unknown key 'arg'"},
         }) {
        const auto out = text_of_json("t.json", std::string(json));
        EXPECT_FALSE(out.text.has_value());
        EXPECT_TRUE(out.report.text().starts_with(message)) << json << "\n" << out.report.text();
    }
}

TEST(Json, DepthIsBounded) {
    std::string json = R"({"directives": [)";
    for (int i = 0; i < 40; ++i) json += R"({"directive": "a", "block": [)";
    for (int i = 0; i < 40; ++i) json += "]}";
    EXPECT_TRUE(text_of(json + "]}").contains("nested too deeply"));
}

TEST(Json, PlacesOfLaterFaultsAreInTheJson) {
    const auto loaded = load_text("t.json", R"({"directives": [{"directive": "drain", "args": ["10sec"]}]})");
    EXPECT_EQ(loaded.report.text(),
              "t.json:1:52: error: unknown unit of a time in 'drain 10sec'\n"
              "   1 | {\"directives\": [{\"directive\": \"drain\", \"args\": [\"10sec\"]}]}\n"
              "     |                                                    ^^^ expected ms, s, m, h or d; did you mean '10s'?\n");
}

}  // namespace
}  // namespace weir::config
