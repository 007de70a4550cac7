// weir.conf(5)
#include "config/config.h"
#include "config/manual.h"
#include "config/phrase.h"
#include "http/template.h"

namespace weir::config {

namespace {

// Text for troff: backslashes and dashes stay what they are, code is bold, no line begins with a control character.
std::string escaped(std::string_view text) {
    std::string out;
    bool is_code = false;
    bool is_line_start = true;
    for (const char c : text) {
        if (is_line_start && (c == '.' || c == '\'')) out += "\\&";
        is_line_start = c == '\n';
        if (c == '`') {
            is_code = !is_code;
            out += is_code ? "\\fB" : "\\fR";
        } else if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out;
}

std::string code(std::string_view text) { return concat({".nf\n", escaped(text), "\n.fi\n"}); }

std::string paragraphs(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find("\n\n");
        const auto one = text.substr(0, end);
        out += concat({".PP\n", one.starts_with("    ") ? code(one) : escaped(one) + "\n"});
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 2);
    }
    return out;
}

std::string entry_text(const Schema::Entry& entry) {
    const auto& directive = *entry.directive;
    std::string out;
    for (const auto& form : entry.forms) {
        const auto usage = usage_of(form);
        const std::string_view braces = directive.braces == Braces::must ? " { … }" : directive.braces == Braces::may ? " [{ … }]" : "";
        out += concat({out.empty() ? ".TP\n" : ".TQ\n", "\\fB", directive.name, "\\fR ", escaped(usage), braces, "\n"});
    }
    out += concat({escaped(directive.help), "."});
    if (!directive.details.empty()) out += concat({" ", escaped(directive.details)});
    out += concat({" Stands in ", escaped(places_of(directive)), "."});
    if (!directive.fallback.empty()) out += concat({" Default: \\fB", escaped(directive.fallback), "\\fR."});
    for (const auto& form : entry.forms)
        if (const auto bounds = bounds_of(form); !bounds.empty()) out += concat({" (", escaped(bounds), ")"});
    return out + "\n";
}

}  // namespace

std::string manual_man() {
    std::string out = ".TH WEIR.CONF 5 \"\" \"Weir\" \"File formats\"\n.SH NAME\nweir.conf \\- configuration of the weir reverse proxy\n";
    for (const auto& chapter : manual_chapters()) out += concat({".SH ", escaped(chapter.title), "\n", paragraphs(chapter.text)});
    out += ".SH Kinds of values\n";
    for (const auto& placeholder : kPlaceholders)
        if (is_used(placeholder)) out += concat({".TP\n\\fI", placeholder.name, "\\fR\n", escaped(placeholder.help), "\n"});
    out += ".SH Variables\n";
    for (const auto& variable : http::variable_names())
        out += concat({".TP\n\\fB$", escaped(variable.name), "\\fR\n", escaped(variable.help), "\n"});
    for (const auto& section : manual_sections()) {
        out += concat({".SH ", escaped(section.title), "\n", paragraphs(section.about)});
        for (const auto* entry : entries_of(section.context)) out += entry_text(*entry);
    }
    return out + ".SH See also\nweir(1)\n";
}

}  // namespace weir::config
