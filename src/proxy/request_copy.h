// Copies of what a request says, for whoever goes on when its client has gone.
#pragma once

#include "http/fields.h"

namespace weir::proxy {

// Into the arena of `to`.
void copy_fields(const http::Fields& from, http::Fields& to);

}  // namespace weir::proxy
