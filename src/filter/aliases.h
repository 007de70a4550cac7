// Fields that an application takes for others. CGI, FastCGI, WSGI, Rack and PHP hand over a field as a variable, its name in upper case
// with
// '_' for '-' (RFC 3875 4.1.18): "X_Forwarded_For" is "X-Forwarded-For" there, and "Proxy" the variable HTTP_PROXY, by which libraries
// choose where their own requests go (httpoxy). What a client may not say with a hyphen it may not say with an underscore.
#pragma once

#include "filter/headers.h"

namespace weir::filter {

// Removes of a client's fields "Proxy", and what differs only by underscores from a field that Weir guards: those of the framing and the
// hop, those by which somebody speaks of the client, those that Weir sets, those that the route's `edits` name. Other names with
// underscores stay. Before the edits are applied: an operator may give a field any name.
void remove_aliases(const HeaderEdits& edits, http::Fields& fields);

}  // namespace weir::filter
