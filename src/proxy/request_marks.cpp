#include "proxy/request_marks.h"

#include <algorithm>

#include "base/text.h"
#include "cache/key.h"
#include "http/facts.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;

bool has_one_of(std::string_view name, const std::vector<std::string>& globs) {
    return std::ranges::any_of(globs, [&](const auto& glob) { return cache::matches_glob(glob, name); });
}

}  // namespace

bool has_any_of(const RequestMarks& marks, const http::Request& request, const http::Facts& facts) {
    bool found = false;
    for (const auto& field : request.fields) {
        if (!marks.headers.empty()) found |= has_one_of(lower(field.name), marks.headers);
        if (marks.cookies.empty() || field.id != Id::cookie) continue;
        for (auto rest = field.value; !rest.empty();) {
            const auto end = std::min(rest.find(';'), rest.size());
            const auto one = trim(rest.substr(0, end));
            found |= has_one_of(one.substr(0, one.find('=')), marks.cookies);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    if (marks.parameters.empty()) return found;
    http::for_each_parameter(facts.target.query, [&](std::string_view name, std::string_view, bool) {
        found |= has_one_of(http::percent_decode(name, true, request.arena()), marks.parameters);
    });
    return found;
}

}  // namespace weir::proxy
