#include "observe/masked_url.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/escape.h"

namespace weir::observe {
namespace {

std::string masked(std::string_view url) {
    const auto room = url.size() * kQuotedGrowthMax + kEscapeSlack;
    const auto out = std::make_unique<char[]>(room);
    return {out.get(), write_masked_url(url, out.get(), write_quoted_text)};
}

TEST(MaskedUrl, Rows) {
    const struct {
        std::string_view url, text;
    } rows[] = {
        {"", ""},
        {"/", "/"},
        {"/a?b", "/a?b"},
        {"/a?b=c&d=e", "/a?b=c&d=e"},
        {"/token=x", "/token=x"},  // a path, not a query
        {"/a?token=x", "/a?token=***"},
        {"/a?token=", "/a?token="},
        {"/a?token", "/a?token"},
        {"/a?TOKEN=x&b=1", "/a?TOKEN=***&b=1"},
        {"/a?b=1&access_token=x==&c=2", "/a?b=1&access_token=***&c=2"},
        {"/a?key=1&key=2", "/a?key=***&key=***"},
        {"/a?user[password]=x;b=2", "/a?user[password]=***;b=2"},
        {"/a?b=\"&pwd=\"", "/a?b=\\x22&pwd=***"},
        {"/a?&&=&=x&sid=1", "/a?&&=&=x&sid=***"},
        {"/a?next=/b?token=x", "/a?next=/b?token=***"},
        {"https://example.com/#access_token=x&state=1", "https://example.com/#access_token=***&state=1"},
        {"https://user:pass@example.com/?q=a@b", "https://***@example.com/?q=a@b"},
        {"https://u@example.com", "https://***@example.com"},
        {"https://@example.com", "https://@example.com"},
        {"https://example.com/a@b", "https://example.com/a@b"},
        {"*", "*"},
    };
    for (const auto& row : rows) EXPECT_EQ(masked(row.url), row.text);
}

TEST(MaskedUrl, ValuesOfCustomFormats) {
    std::string out = "q=";
    append_masked_quoted("token=x&a=\"1\"", out);
    EXPECT_EQ(out, "q=token=***&a=\\x221\\x22");
    out.clear();
    append_masked_json("/a?token=x&a=\"1\"", out);
    EXPECT_EQ(out, "/a?token=***&a=\\\"1\\\"");
}

}  // namespace
}  // namespace weir::observe
