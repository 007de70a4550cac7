#include "cli/demo/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace weir::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class Shop : public testing::Test {
protected:
    Page ask(std::string_view method, std::string_view target, std::string_view body = {}, std::string_view cookie = {}) {
        auto* request = &requests_.emplace_back(arena_);
        request->method = http::method_of(method);
        request->method_name = method;
        request->target = target;
        request->fields.add("X-Mark", "<script>");
        if (!cookie.empty()) request->fields.add(http::FieldId::cookie, cookie);
        return page_for({*request, *http::parse_target(target, {}, arena_), body}, carts_);
    }
    Arena arena_;
    std::deque<http::Request> requests_;
    Carts carts_;
};

TEST_F(Shop, Statuses) {
    const struct {
        std::string_view method, target;
        int status;
    } rows[] = {
        {"GET", "/", 200},
        {"HEAD", "/", 200},
        {"GET", "/products/lamp", 200},
        {"GET", "/products/anchor", 404},
        {"GET", "/nowhere", 404},
        {"POST", "/", 405},
        {"GET", "/fail?code=503", 503},
        {"GET", "/fail", 500},
        {"GET", "/fail?code=9", 422},
        {"GET", "/assets/shop.css", 200},
        {"GET", "/assets/none", 404},
        {"GET", "/assets/", 404},
        {"POST", "/api/cart?id=anchor", 422},
        {"DELETE", "/cart", 405},
        {"GET", "/healthz", 200},
    };
    for (const auto& row : rows) EXPECT_EQ(ask(row.method, row.target).status, row.status) << row.target;
}

TEST_F(Shop, HeadersAreShownEscaped) {
    const auto page = ask("GET", "/?<x>");
    EXPECT_THAT(page.made, HasSubstr("X-Mark</td><td>&lt;script&gt;"));
    EXPECT_THAT(page.made, Not(HasSubstr("{{")));
}

TEST_F(Shop, ABasketIsKeptByItsCookie) {
    const auto first = ask("POST", "/api/cart", "id=mug");
    EXPECT_THAT(first.made, HasSubstr(R"("count":1,"total":12.50)"));
    const auto cookie = first.set_cookie.substr(0, first.set_cookie.find(';'));
    EXPECT_THAT(ask("POST", "/api/cart?id=lamp", "", cookie).made, HasSubstr(R"("count":2,"total":76.50)"));
    EXPECT_THAT(ask("GET", "/cart", "", cookie).made, HasSubstr("Keeper&#39;s mug"));
    EXPECT_THAT(ask("POST", "/cart", "empty=1", cookie).location, "/cart");
    EXPECT_THAT(ask("GET", "/api/cart", "", cookie).made, HasSubstr(R"("count":0)"));
}

TEST_F(Shop, AKeyOfTheVisitorsChoiceIsNotTaken) {
    EXPECT_THAT(ask("POST", "/api/cart", "id=mug", "basket=mine").set_cookie, Not(HasSubstr("mine")));
}

TEST_F(Shop, BasketsAreBounded) {
    const auto first = ask("POST", "/api/cart", "id=mug").set_cookie;
    for (std::size_t i = 0; i < Carts::kCartsMax; ++i) ask("POST", "/api/cart", "id=mug");
    EXPECT_THAT(ask("GET", "/api/cart", "", first.substr(0, first.find(';'))).made, HasSubstr(R"("count":0)"));
}

TEST_F(Shop, AssetsHaveAnETag) {
    const auto page = ask("GET", "/assets/shop.js");
    EXPECT_FALSE(page.etag.empty());
    auto& request = requests_.emplace_back(arena_);
    request.fields.add(http::FieldId::if_none_match, page.etag);
    const auto again = page_for({request, *http::parse_target("/assets/shop.js", {}, arena_), {}}, carts_);
    EXPECT_EQ(again.status, 304);
    EXPECT_TRUE(again.body().empty());
}

TEST(Fill, Slots) {
    EXPECT_EQ(fill("a{{x}}b{{y}}c{{x}}", {{"x", "1"}, {"y", "{{x}}"}}), "a1b{{x}}c1");
    EXPECT_EQ(fill("{{none}}{{", {}), "{{");
}

}  // namespace
}  // namespace weir::cli
