// docs/configuration.md
#include <algorithm>

#include "config/config.h"
#include "config/manual.h"
#include "config/phrase.h"
#include "http/template.h"

namespace weir::config {

namespace {

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out.append(c == '|' ? "\\|" : std::string(1, c));
    return out;
}

std::string entry_text(const Schema::Entry& entry) {
    const auto& directive = *entry.directive;
    auto out = concat({"### ", directive.name, "\n\n```\n"});
    std::string bounds;
    for (const auto& form : entry.forms) {
        const auto usage = usage_of(form);
        const std::string_view braces = directive.braces == Braces::must ? " { … }" : directive.braces == Braces::may ? " [{ … }]" : "";
        out += concat({directive.name, usage.empty() ? "" : " ", usage, braces, "\n"});
        const auto one = bounds_of(form);
        if (!one.empty() && !bounds.contains(one)) bounds += concat({bounds.empty() ? "" : "; ", one});
    }
    out += concat({"```\n\n", directive.help, "."});
    if (!directive.details.empty()) out += concat({" ", directive.details});
    out += concat({"\n\n- stands in: ", places_of(directive), "\n"});
    if (!directive.fallback.empty()) out += concat({"- default: `", directive.name, " ", directive.fallback, "`\n"});
    if (!bounds.empty()) out += concat({"- values: ", bounds, "\n"});
    if (directive.repeat == Repeat::many) out += "- may be repeated\n";
    if (!directive.example.empty()) out += concat({"\n```\n", directive.example, "\n```\n"});
    return out + "\n";
}

std::string values_text() {
    std::string out = "## Kinds of values\n\n| in the forms below | is |\n|---|---|\n";
    for (const auto& placeholder : kPlaceholders)
        if (is_used(placeholder)) out += concat({"| `", placeholder.name, "` | ", cell(placeholder.help), " |\n"});
    out += "\n`[…]` may be left out, `a|b` is one of them, `…...` is one or more. Options in brackets stand behind everything else, in any "
           "order.\n\n";
    return out;
}

std::string variables_text() {
    std::string out = "## Variables\n\nIn a `TEMPLATE` and a `VALUE`. `${name}` is `$name` where a letter follows; `$$` is a dollar sign. "
                      "What is absent is empty.\n\n";
    out += "| variable | is |\n|---|---|\n";
    for (const auto& variable : http::variable_names()) out += concat({"| `$", variable.name, "` | ", cell(variable.help), " |\n"});
    return out + "\n";
}

}  // namespace

std::string manual_markdown() {
    std::string out = "# Configuration reference\n\nGenerated from the schema in `src/config` by `weir manual`: change it there.\n\n";
    for (const auto& chapter : manual_chapters()) out += concat({"## ", chapter.title, "\n\n", chapter.text, "\n\n"});
    out += values_text();
    out += variables_text();
    for (const auto& section : manual_sections()) {
        out += concat({"## ", section.title, "\n\n", section.about, section.about.empty() ? "" : "\n\n"});
        for (const auto* entry : entries_of(section.context)) out += entry_text(*entry);
    }
    out.pop_back();
    return out;
}

}  // namespace weir::config
