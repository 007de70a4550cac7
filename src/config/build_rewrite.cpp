// `rewrite`.
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using filter::Rewrite;

Rewrite::Kind kind_of(const Item& item) {
    const auto word = item.word(0);
    if (word == "replace") return Rewrite::Kind::replace;
    if (word == "regex") return Rewrite::Kind::regex;
    return word == "to" ? Rewrite::Kind::to : Rewrite::Kind::strip_prefix;
}

}  // namespace

void read_rewrite(Builder& builder, const Item& item, RouteDraft& into) {
    Rewrite rewrite;
    rewrite.kind = kind_of(item);
    rewrite.from = rewrite.kind == Rewrite::Kind::strip_prefix ? item.text("PATH") : item.text("TEXT");
    rewrite.to = template_of(item.text("TEMPLATE"));
    if (rewrite.kind == Rewrite::Kind::replace && rewrite.from.empty())
        builder.diagnostics.error(item.find("TEXT")->spot, "nothing to replace", "expected a text that a path can hold");
    if (const auto* regex = item.find("REGEX"))
        if (auto compiled = Regex::compile(std::string_view(regex->text).substr(1))) rewrite.regex.push_back(std::move(*compiled));
    into.proxy.rewrites.push_back(std::move(rewrite));
}

}  // namespace weir::config
