// Strict-Transport-Security (RFC 6797): browsers that saw it come by HTTPS alone.
#pragma once

#include <string>

#include "http/facts.h"
#include "http/fields.h"

namespace weir::filter {

struct Hsts {
    std::string value;         // "max-age=31536000; includeSubDomains"; empty: nothing is said
    bool is_explicit = false;  // the configuration asks for it: it counts more than what the origin says
};

void apply(const Hsts& hsts, const http::Facts& facts, http::Fields& fields);

}  // namespace weir::filter
