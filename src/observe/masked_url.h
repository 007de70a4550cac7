// URLs as a log may show them: values of query parameters whose name says that they are secret (base/secret_name.h) become "***",
// and so does a password before the host. Logs travel further than requests: to collectors, tickets, screens.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::observe {

// Writes text, a target or a URL, with `escape` (write_json_text or write_quoted_text) applied. Never grows by more than `escape` would.
using EscapeInto = char* (*)(std::string_view, char*);
char* write_masked_url(std::string_view text, char* out, EscapeInto escape);

// For custom formats, where a value may be a URL, a query or anything else: all of it is looked at as if it were a query.
void append_masked_quoted(std::string_view value, std::string& out);
void append_masked_json(std::string_view value, std::string& out);

}  // namespace weir::observe
