#include "sim/cache_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>
#include <set>
#include <vector>

namespace weir::sim {

namespace {

std::string lowered(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string stripped(const std::string& text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// At commas outside of quotes; empty elements left out.
std::vector<std::string> elements(const std::string& list) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (quoted && list[i] == '\\' && i + 1 < list.size()) {
            out.back() += list[i++];
        } else if (list[i] == '"') {
            // A quote begins a string only behind '='.
            quoted = !quoted && !out.back().empty() && out.back().back() == '=';
        } else if (list[i] == ',' && !quoted) {
            out.emplace_back();
            continue;
        }
        out.back() += list[i];
    }
    for (auto& one : out) one = stripped(one);
    std::erase(out, "");
    return out;
}

struct Word {
    std::string name;
    std::optional<std::string> value;  // with its quotes
};

std::vector<Word> words_of(const Lines& fields) {
    std::vector<Word> out;
    const auto found = fields.find("cache-control");
    if (found == fields.end()) return out;
    for (const auto& element : elements(found->second)) {
        const auto equals = element.find('=');
        if (equals == std::string::npos) out.push_back({lowered(element), std::nullopt});
        else out.push_back({lowered(element.substr(0, equals)), element.substr(equals + 1)});
    }
    return out;
}

bool says(const Lines& fields, const std::string& name) {
    return std::ranges::any_of(words_of(fields), [&](const Word& word) { return word.name == name; });
}

// Without a list of fields.
bool says_plainly(const Lines& fields, const std::string& name) {
    return std::ranges::any_of(words_of(fields), [&](const Word& word) { return word.name == name && !word.value; });
}

std::optional<double> number(std::string text) {
    if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return std::min(std::stod(text), 2147483648.0);
}

// The smallest of its values; what is no number is 0.
std::optional<double> seconds(const Lines& fields, const std::string& name) {
    std::optional<double> out;
    for (const auto& word : words_of(fields))
        if (word.name == name) out = std::min(out.value_or(1e18), number(word.value.value_or("")).value_or(0));
    return out;
}

bool has(const Lines& fields, const std::string& name) { return fields.contains(name); }
std::string value(const Lines& fields, const std::string& name) { return has(fields, name) ? fields.at(name) : ""; }

// IMF-fixdate alone: the worlds' origins write no other.
std::optional<double> time_of(const std::string& text) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return static_cast<double>(::timegm(&parts));
}

bool is_of_failure(int status) { return status == 500 || status == 502 || status == 503 || status == 504; }

bool is_cacheable_by_default(int status) {
    return std::set<int>{200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}.contains(status);
}

bool is_known(int status) { return status < 520 && status != 299 && status != 499; }

// Without Date it is the time of receipt, as a Date says it: in whole seconds (RFC 9110 6.6.1).
double date_of(const Kept& kept) { return time_of(value(kept.fields, "date")).value_or(std::floor(kept.received)); }

bool must_not_be_stale(const Kept& kept) {
    return says(kept.fields, "must-revalidate") || says(kept.fields, "proxy-revalidate") || says_plainly(kept.fields, "no-cache");
}

// max-stale without a value is any number of seconds; given twice, the smaller counts.
double most_stale(const Lines& fields) {
    double out = 2147483648.0;
    for (const auto& word : words_of(fields))
        if (word.name == "max-stale" && word.value) out = std::min(out, number(*word.value).value_or(0));
    return out;
}

}  // namespace

// RFC 9111 3.
std::string forbids_storing(const Kept& kept, const Allowed& allowed) {
    const auto& fields = kept.fields;
    if (kept.status < 200 ||
        std::set<int>{304, 406, 407, 408, 411, 412, 413, 415, 416, 417, 421, 425, 428, 429, 431, 511}.contains(kept.status))
        return "status";
    if (says(kept.request, "no-store")) return "no-store in the request";
    if (says(fields, "must-understand")) {
        if (!is_known(kept.status)) return "must-understand";
    } else if (says(fields, "no-store")) {
        return "no-store";
    }
    if (says_plainly(fields, "private")) return "private";
    const bool is_for_all = says(fields, "public") || says(fields, "s-maxage") || says(fields, "must-revalidate");
    if (has(kept.request, "authorization") && !is_for_all) return "authorization";
    if (has(fields, "set-cookie") && !allowed.stores_cookies) return "set-cookie";
    for (const auto& name : elements(value(fields, "vary")))
        if (name == "*") return "vary: *";
    const bool has_lifetime = says(fields, "max-age") || says(fields, "s-maxage") || has(fields, "expires");
    if (!has_lifetime && !says(fields, "public") && !is_cacheable_by_default(kept.status)) return "status without a lifetime";
    return "";
}

// RFC 9111 4.1.
std::string forbids_selection(const Kept& kept, const Wanted& wanted) {
    for (const auto& written : elements(value(kept.fields, "vary"))) {
        const auto name = lowered(written);
        if (has(kept.request, name) != has(wanted.fields, name)) return "vary: " + name;
        auto then = elements(value(kept.request, name)), now = elements(value(wanted.fields, name));
        if (name == "accept-language" || name == "accept-encoding") {
            for (auto* list : {&then, &now}) {
                for (auto& one : *list) one = lowered(one);
                std::ranges::sort(*list);
            }
        }
        if (then != now) return "vary: " + name;
    }
    return "";
}

// RFC 9111 4.2.3.
double age_of(const Kept& kept, double at) {
    const auto list = elements(value(kept.fields, "age"));
    const double told = list.empty() ? 0 : number(list[0]).value_or(0);
    const double apparent = std::max(0.0, std::floor(kept.received) - date_of(kept));
    const double initial = std::max(apparent, told + std::max(0.0, kept.received - kept.asked));
    return std::min(initial, 2147483648.0) + std::max(0.0, at - kept.received);
}

// RFC 9111 4.2.1, 4.2.2.
double lifetime_of(const Kept& kept) {
    if (const auto shared = seconds(kept.fields, "s-maxage")) return *shared;
    if (const auto any = seconds(kept.fields, "max-age")) return *any;
    if (has(kept.fields, "expires")) {
        const auto until = time_of(kept.fields.at("expires"));
        return until ? std::clamp(std::floor(*until - date_of(kept)), 0.0, 2147483648.0) : 0;
    }
    const auto modified = time_of(value(kept.fields, "last-modified"));
    if (!modified || !(is_cacheable_by_default(kept.status) || says(kept.fields, "public"))) return 0;
    return std::clamp(std::floor(date_of(kept) - *modified) / 10, 0.0, 86400.0);
}

std::string forbids_sending(const Kept& kept, const Wanted& wanted, const Allowed& allowed) {
    const double age = age_of(kept, wanted.at);
    const double left = lifetime_of(kept) - age;
    if (kept.is_invalid) return "invalidated";
    if (says_plainly(kept.fields, "no-cache")) return "no-cache";
    const bool is_fresh = left > 0;
    const bool helps = wanted.origin_fails && !is_of_failure(kept.status);
    if (helps && is_fresh) return "";

    // RFC 9111 5.2.1; a client's wish does not keep it from an answer when there is no other.
    if (!helps) {
        if (says(wanted.fields, "no-cache")) return "no-cache in the request";
        if (const auto limit = seconds(wanted.fields, "max-age")) {
            const bool is_settled = is_fresh && says(kept.fields, "immutable");
            if (!is_settled && (age > *limit || *limit == 0)) return "max-age in the request";
        }
        if (const auto wish = seconds(wanted.fields, "min-fresh"); wish && left < *wish) return "min-fresh in the request";
        if (is_fresh) return "";
    }

    // RFC 9111 4.2.4, RFC 5861.
    if (must_not_be_stale(kept)) return "stale, and must be validated";
    const bool is_shared_only = says(kept.fields, "s-maxage");
    const auto window = [&](const std::string& name, double by_operator) {
        return seconds(kept.fields, name).value_or(is_shared_only ? 0 : by_operator);
    };
    const auto within = [&](double grace) { return grace > 0 && -left <= grace; };
    if (!helps && within(window("stale-while-revalidate", allowed.while_revalidate))) return "";
    if (!helps && !is_shared_only && says(wanted.fields, "max-stale") && -left <= most_stale(wanted.fields)) return "";
    if (!helps) return "stale";
    if (within(window("stale-if-error", allowed.if_error))) return "";
    if (is_shared_only) return "stale, and s-maxage";
    if (within(seconds(wanted.fields, "stale-if-error").value_or(0))) return "";
    return within(allowed.keep_serving) ? "" : "stale";
}

}  // namespace weir::sim
