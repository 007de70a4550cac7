#include "io/scope.h"

#include <cstdlib>

namespace weir::io {

Scope::~Scope() {
    if (running_ != 0) std::abort();  // a task would outlive what it works on
}

void Scope::spawn(Task<> task) {
    const auto frame = std::exchange(task.frame_, {});
    ++running_;
    frame.promise().scope_ = this;
    frame.resume();
}

void Scope::one_ended() {
    if (--running_ == 0 && joiner_ != nullptr) joiner_->complete();
}

void TaskPromise::leave_scope(std::coroutine_handle<> finished) const noexcept {
    auto* scope = scope_;
    finished.destroy();  // this promise with it
    scope->one_ended();
}

}  // namespace weir::io
