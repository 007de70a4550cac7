// The demo shop's JSON, and which path is answered by what.
#include <algorithm>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/text.h"
#include "cli/demo/catalog.h"
#include "cli/demo/page.h"

namespace weir::cli {

namespace {

constexpr std::string_view kCartCookie = "basket";

Page json(std::string text, std::uint16_t status = 200) {
    Page page;
    page.status = status;
    page.content_type = "application/json";
    page.made = std::move(text);
    return page;
}

Page only(std::string_view methods) {
    auto page = message_page(405, "Not like this", "This door opens another way.");
    page.allow = methods;
    return page;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    append_json_text(text, out);
    return out += '"';
}

std::string cart_key(const http::Request& request) {
    const auto cookies = request.fields.joined(http::FieldId::cookie);
    return std::string(http::cookie_value(cookies, kCartCookie).value_or(std::string_view{}));
}

// The parameters of a form, in the body or behind '?'.
std::string_view parameter(const Ask& ask, std::string_view name) {
    auto& arena = ask.request.arena();
    const auto in_body = http::query_parameter(ask.body, name, arena);
    return in_body ? *in_body : http::query_parameter(ask.target.query, name, arena).value_or(std::string_view{});
}

// Changes a basket and tells a new visitor its key. nullptr: there is no such product.
const Cart* change_cart(const Ask& ask, Carts& carts, std::string& set_cookie) {
    auto key = cart_key(ask.request);
    const auto before = key;
    auto& cart = carts.make(key);
    if (key != before) set_cookie = fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400", kCartCookie, key);
    if (!parameter(ask, "empty").empty()) cart.pieces.clear();
    else if (!Carts::add(cart, parameter(ask, "id"))) return nullptr;
    return &cart;
}

Page post_cart(const Ask& ask, Carts& carts, bool wants_json) {
    std::string set_cookie;
    const auto* cart = change_cart(ask, carts, set_cookie);
    if (cart == nullptr) return json(R"({"error":"no such product"})", 422);
    auto page = wants_json ? cart_json(*cart) : Page{.status = 303, .location = "/cart"};
    page.set_cookie = std::move(set_cookie);
    return page;
}

Page cart_for(const Ask& ask, Carts& carts, bool wants_json) {
    if (ask.request.method == http::Method::post) return post_cart(ask, carts, wants_json);
    const auto& cart = carts.find(cart_key(ask.request));
    return wants_json ? cart_json(cart) : cart_page(cart);
}

Page fail_page(const Ask& ask) {
    const auto code = parse_decimal<std::uint16_t>(parameter(ask, "code")).value_or(500);
    if (code < 400 || code > 599) return message_page(422, "Not a failure", "Ask for a code from 400 to 599.");
    return message_page(code, "As you wished", "This page fails whenever it is asked to.");
}

}  // namespace

Page products_json() {
    std::string list;
    for (const auto& product : products())
        list += fmt::format(R"({}{{"id":{},"name":{},"price":{}.{:02},"stock":{},"image":"/assets/{}.svg"}})", list.empty() ? "" : ",",
                            quoted(product.id), quoted(product.name), product.pence / 100, product.pence % 100, product.stock, product.id);
    return json(fmt::format(R"({{"products":[{}]}})", list));
}

Page cart_json(const Cart& cart) {
    std::string list;
    for (const auto& [id, count] : cart.pieces)
        list += fmt::format(R"({}{{"id":{},"count":{}}})", list.empty() ? "" : ",", quoted(id), count);
    const auto pence = cart.pence();
    return json(fmt::format(R"({{"count":{},"total":{}.{:02},"lines":[{}]}})", cart.count(), pence / 100, pence % 100, list));
}

Page headers_json(const http::Request& request) {
    std::string list;
    for (const auto& field : request.fields)
        list += fmt::format("{}[{},{}]", list.empty() ? "" : ",", quoted(field.name), quoted(field.value));
    return json(fmt::format(R"({{"method":{},"target":{},"version":{},"headers":[{}]}})", quoted(request.method_name),
                            quoted(request.target), quoted(name_of(request.version)), list));
}

Page page_for(const Ask& ask, Carts& carts) {
    const auto path = ask.target.path;
    const auto method = ask.request.method;
    const bool reads = method == http::Method::get || method == http::Method::head;
    const bool is_cart = path == "/cart" || path == "/api/cart";
    if (path == "/headers") return headers_json(ask.request);
    if (path == "/fail") return fail_page(ask);
    if (!reads && !(is_cart && method == http::Method::post)) return only(is_cart ? "GET, HEAD, POST" : "GET, HEAD");
    if (is_cart) return cart_for(ask, carts, path == "/api/cart");
    const auto basket = carts.find(cart_key(ask.request)).count();
    if (path == "/") return home_page(ask, basket);
    if (path == "/api/products") return products_json();
    if (path == "/healthz") return json(R"({"status":"well"})");
    if (path.starts_with("/assets/")) return asset_page(ask);
    if (path.starts_with("/products/")) return product_page(path.substr(std::string_view("/products/").size()), basket);
    return message_page(404, "Nothing here", "The river turns another way.");
}

}  // namespace weir::cli
