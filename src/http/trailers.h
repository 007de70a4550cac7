// Which fields may stand in trailers. Names of framing, routing, authentication and content would mean something else behind a body than
// before it: they are dropped (RFC 9110 6.5.1).
#pragma once

#include "http/fields.h"

namespace weir::http {

bool may_be_trailer(FieldId id);

}  // namespace weir::http
