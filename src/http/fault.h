// Fault: why a message's head is refused: a code and the rule that was broken, as static text.
#pragma once

#include "base/result.h"

namespace weir::http {

struct Fault {
    ErrorCode code = ErrorCode::malformed;
    const char* detail = nullptr;  // nullptr: no fault
    explicit operator bool() const { return detail != nullptr; }
};

}  // namespace weir::http
