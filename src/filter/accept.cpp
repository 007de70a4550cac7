#include "filter/accept.h"

#include "base/text.h"

namespace weir::filter {
namespace {

// "0.8" as 800; a weight that is none counts as 1 (RFC 9110 12.4.2).
int weight_of(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto end = parameters.find(';');
        const auto one = trim(parameters.substr(0, end));
        parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
        if (one.size() < 3 || to_lower(one[0]) != 'q' || one[1] != '=') continue;
        if (one[2] == '1') return 1000;
        if (one[2] != '0') return 1000;
        int weight = 0;
        for (std::size_t i = 4, unit = 100; i < one.size() && i < 7 && is_digit(one[i]); ++i, unit /= 10)
            weight += (one[i] - '0') * static_cast<int>(unit);
        return weight;
    }
    return 1000;
}

bool is_form(std::string_view type, PageForm form) {
    switch (form) {
        case PageForm::html: return equal_ignoring_case(type, "text/html") || equal_ignoring_case(type, "application/xhtml+xml");
        case PageForm::json: return equal_ignoring_case(type, "application/json");
        case PageForm::problem_json: return equal_ignoring_case(type, "application/problem+json");
        case PageForm::text: return equal_ignoring_case(type, "text/plain");
    }
    return false;
}

}  // namespace

PageForm preferred_form(std::string_view accept) {
    auto best = PageForm::text;
    int best_weight = 0;
    for_each_token(accept, [&](std::string_view range) {
        const auto semicolon = range.find(';');
        const auto type = trim(range.substr(0, semicolon));
        const int weight = semicolon == std::string_view::npos ? 1000 : weight_of(range.substr(semicolon + 1));
        for (const auto form : {PageForm::html, PageForm::problem_json, PageForm::json, PageForm::text})
            if (weight > best_weight && is_form(type, form)) best = form, best_weight = weight;
    });
    return best;
}

}  // namespace weir::filter
