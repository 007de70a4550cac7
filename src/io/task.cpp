#include "io/task.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "io/broken.h"

namespace weir::io {

void broken(const char* what) {
    std::fprintf(stderr, "weir: broken invariant: %s\n", what);
    std::abort();
}

void TaskPromise::unhandled_exception() const noexcept {
    try {
        throw;
    } catch (const std::exception& error) { std::fprintf(stderr, "weir: exception: %s\n", error.what()); } catch (...) {
        std::fputs("weir: exception of an unknown kind\n", stderr);
    }
    broken("an exception left a task");
}

}  // namespace weir::io
