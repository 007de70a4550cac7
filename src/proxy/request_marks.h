// RequestMarks: cookies, headers and parameters of a query by which an operator picks out requests, for `bypass` and `refresh` of a cache.
#pragma once

#include <string>
#include <vector>

namespace weir::http {
struct Facts;
struct Request;
}  // namespace weir::http

namespace weir::proxy {

// Globs of names; those of headers in lower case.
struct RequestMarks {
    std::vector<std::string> cookies, headers, parameters;
    bool is_empty() const { return cookies.empty() && headers.empty() && parameters.empty(); }
};

bool has_any_of(const RequestMarks& marks, const http::Request& request, const http::Facts& facts);

}  // namespace weir::proxy
