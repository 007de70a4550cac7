#include "acme/options.h"

#include <algorithm>

#include "acme/outcome.h"
#include "base/text.h"
#include "net/address.h"

namespace weir::acme {
namespace {

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
}

bool has_only_labels(std::string_view name) {
    for (;;) {
        const auto dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

}  // namespace

std::string refusal_of(std::string_view name) {
    if (name.starts_with("*.")) return "a wildcard needs the dns-01 challenge, which Weir lacks";
    if (net::Ip::parse(name)) return "an IP address gets no certificate from a public CA here";
    if (name.size() > 253 || !has_only_labels(name)) return "this is no name that a certificate can be for";
    if (!name.contains('.')) return "a name without a dot has no public CA";
    return {};
}

std::string_view word_of(Failure::Kind kind) {
    switch (kind) {
        case Failure::Kind::unreachable: return "unreachable";
        case Failure::Kind::refused: return "refused";
        case Failure::Kind::rate_limited: return "rate_limited";
        case Failure::Kind::local: return "local";
        case Failure::Kind::stopped: return "stopped";
    }
    return "refused";
}

}  // namespace weir::acme
