// `compress` of a route.
#include <algorithm>

#include "base/text.h"
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using filter::Compress;
using http::Coding;

void read_offer(Coding coding, const Item& item, Compress& into) {
    if (!item.says("off")) into.offers.push_back({.coding = coding, .level = number_of<std::uint8_t>(item.text("N"))});
}
void read_zstd(Builder&, const Item& item, Compress& into) { read_offer(Coding::zstd, item, into); }
void read_br(Builder&, const Item& item, Compress& into) { read_offer(Coding::br, item, into); }
void read_gzip(Builder&, const Item& item, Compress& into) { read_offer(Coding::gzip, item, into); }
void read_min(Builder&, const Item& item, Compress& into) { into.octets_min = size_of(item.text("SIZE")); }
void read_origin(Builder&, const Item& item, Compress& into) { into.lets_origin_encode = item.says("encoded"); }

void read_types(Builder& builder, const Item& item, Compress& into) {
    for (const auto* word : item.all("TEXT")) {
        const auto& text = word->text;
        const bool is_type = text == "*" || std::ranges::count(text, '/') == 1;
        if (!is_type || std::ranges::count(text, '*') > 1 || text.find(';') != std::string::npos)
            builder.diagnostics.error(word->spot, concat({in_quotes(text), " is no media type"}),
                                      "expected one like 'text/html', 'text/*' or 'application/*+json'");
        into.types.push_back(lower(text));
    }
}

constexpr Reader<Compress> kParts[] = {
    {"zstd", read_zstd}, {"br", read_br}, {"gzip", read_gzip}, {"min", read_min}, {"types", read_types}, {"origin", read_origin},
};

// Without any coding that is wanted: the usual ones, but those that are off.
void add_usual_offers(const Item& item, Compress& into) {
    if (!into.offers.empty()) return;
    for (const auto& offer : filter::default_offers())
        if (item.child(http::name_of(offer.coding)) == nullptr) into.offers.push_back(offer);
}

}  // namespace

void read_compress(Builder& builder, const Item& item, RouteDraft& into) {
    into.plan.compress.reset();
    if (item.says("off")) return;
    auto& plan = into.plan.compress.emplace();
    for (const auto& part : item.children) read_with(kParts, builder, part, plan);
    add_usual_offers(item, plan);
    if (plan.offers.empty()) builder.diagnostics.error(item.spot(), "'compress' with every coding off", "expected 'compress off'");
}

}  // namespace weir::config
