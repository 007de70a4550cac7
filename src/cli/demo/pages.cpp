// Pages for people: the HTML of web/demo with what is to be told put in.
#include <algorithm>

#include <fmt/format.h>

#include "base/escape.h"
#include "cli/demo/catalog.h"
#include "cli/demo/embedded.h"
#include "cli/demo/page.h"

namespace weir::cli {

namespace {

std::string_view stored_file(std::string_view path) {
    for (const auto& file : embedded_demo())
        if (file.path == path) return file.octets;
    return {};
}

Page in_layout(std::string_view title, std::uint32_t basket, std::string_view main) {
    const auto count = fmt::to_string(basket);
    Page page;
    page.made = fill(stored_file("layout.html"), {{"title", title}, {"basket", count}, {"main", main}});
    return page;
}

std::string product_cards() {
    std::string out;
    for (const auto& product : products())
        out += fmt::format("<a class=\"good\" href=\"/products/{0}\"><img src=\"/assets/{0}.svg\" alt=\"\" width=\"400\" height=\"290\">"
                           "<div><h3>{1}</h3><p>{2}</p><p class=\"price\">{3}</p></div></a>",
                           product.id, html(product.name), html(product.blurb), price_text(product.pence));
    return out;
}

// Fields that a proxy adds to tell of the client stand out.
bool is_told_by_proxy(http::FieldId id) {
    using enum http::FieldId;
    return id == x_forwarded_for || id == x_forwarded_proto || id == x_forwarded_host || id == forwarded || id == x_request_id ||
           id == via || id == x_real_ip;
}

std::string field_rows(const http::Fields& fields) {
    std::string out;
    for (const auto& field : fields) {
        out += is_told_by_proxy(field.id) ? "<tr class=\"told\"><td>" : "<tr><td>";
        append_html(field.name, out);
        out += "</td><td>";
        append_html(field.value, out);
        out += "</td></tr>";
    }
    return out;
}

std::string_view type_of(std::string_view path) {
    if (path.ends_with(".css")) return "text/css; charset=utf-8";
    if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (path.ends_with(".svg")) return "image/svg+xml";
    return "application/octet-stream";
}

std::string etag_of(std::string_view octets) {
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
    for (const char c : octets) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return fmt::format("\"{:016x}\"", hash);
}

}  // namespace

Page message_page(std::uint16_t status, std::string_view title, std::string_view text) {
    const auto number = fmt::to_string(status);
    auto page = in_layout(title, 0, fill(stored_file("message.html"), {{"status", number}, {"title", html(title)}, {"text", html(text)}}));
    page.status = status;
    return page;
}

Page home_page(const Ask& ask, std::uint32_t basket) {
    const auto& request = ask.request;
    const auto line = html(request.method_name) + " " + html(request.target) + " " + std::string(name_of(request.version));
    const auto cards = product_cards();
    const auto rows = field_rows(request.fields);
    return in_layout("Riverside provisions", basket,
                     fill(stored_file("home.html"), {{"products", cards}, {"request_line", line}, {"fields", rows}}));
}

Page product_page(std::string_view id, std::uint32_t basket) {
    const auto* product = find_product(id);
    if (product == nullptr) return message_page(404, "Not on our shelves", "We looked in the boathouse, too.");
    const auto price = price_text(product->pence);
    return in_layout(product->name, basket,
                     fill(stored_file("product.html"),
                          {{"id", product->id}, {"name", html(product->name)}, {"price", price}, {"story", html(product->story)}}));
}

Page cart_page(const Cart& cart) {
    std::string lines;
    for (const auto& [id, count] : cart.pieces) {
        const auto& product = *find_product(id);
        lines += fmt::format("<tr><td>{}</td><td>{} ×</td><td>{}</td></tr>", html(product.name), count, price_text(product.pence * count));
    }
    if (lines.empty()) lines = "<tr><td>Nothing in it yet.</td><td></td><td></td></tr>";
    const auto total = price_text(cart.pence());
    return in_layout("Your basket", cart.count(), fill(stored_file("cart.html"), {{"lines", lines}, {"total", total}}));
}

Page asset_page(const Ask& ask) {
    const auto octets = stored_file(ask.target.path.substr(1));
    if (octets.empty()) return message_page(404, "No such picture", "The painter is out on the river.");
    Page page;
    page.content_type = type_of(ask.target.path);
    page.etag = etag_of(octets);
    if (ask.request.fields.value(http::FieldId::if_none_match) == page.etag) page.status = 304;
    else page.stored = octets;
    return page;
}

}  // namespace weir::cli
