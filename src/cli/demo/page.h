// What the demo shop answers: a function of the request and the baskets, without I/O.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cli/demo/carts.h"
#include "http/message.h"
#include "http/uri.h"

namespace weir::cli {

struct Ask {
    const http::Request& request;
    http::Target target;
    std::string_view body;
};

struct Page {
    std::uint16_t status = 200;
    std::string_view content_type = "text/html; charset=utf-8";
    std::string made;         // the body, when it was made for this request …
    std::string_view stored;  // … else octets of the program
    std::string etag;         // of stored octets
    std::string location;
    std::string set_cookie;
    std::string_view allow;  // of a 405

    std::string_view body() const { return made.empty() ? stored : made; }
};

// Every path but those that need time or a connection of their own: /slow, /ws, /events.
Page page_for(const Ask& ask, Carts& carts);

// A page that says a status, for people.
Page message_page(std::uint16_t status, std::string_view title, std::string_view text);

// Pages with HTML of web/demo. `basket` is the number beside the word.
Page home_page(const Ask& ask, std::uint32_t basket);
Page product_page(std::string_view id, std::uint32_t basket);
Page cart_page(const Cart& cart);
// /assets/…, with an ETag; 304 when the request knows it.
Page asset_page(const Ask& ask);

// The JSON API.
Page products_json();
Page cart_json(const Cart& cart);
Page headers_json(const http::Request& request);

struct Slot {
    std::string_view name;
    std::string_view value;
};
// "{{name}}" of a text replaced by their values; an unknown name becomes nothing.
std::string fill(std::string_view text, std::initializer_list<Slot> slots);
void append_html(std::string_view text, std::string& out);
std::string html(std::string_view text);

}  // namespace weir::cli
