#include <algorithm>

#include "cli/demo/page.h"

namespace weir::cli {

std::string fill(std::string_view text, std::initializer_list<Slot> slots) {
    std::string out;
    for (;;) {
        const auto open = text.find("{{");
        const auto close = open == std::string_view::npos ? open : text.find("}}", open);
        out += text.substr(0, close == std::string_view::npos ? close : open);
        if (close == std::string_view::npos) return out;
        const auto name = text.substr(open + 2, close - open - 2);
        const auto* slot = std::ranges::find(slots, name, &Slot::name);
        if (slot != slots.end()) out += slot->value;
        text.remove_prefix(close + 2);
    }
}

void append_html(std::string_view text, std::string& out) {
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
}

std::string html(std::string_view text) {
    std::string out;
    append_html(text, out);
    return out;
}

}  // namespace weir::cli
