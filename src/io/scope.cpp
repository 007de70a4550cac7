#include "io/scope.h"

#include "io/broken.h"

namespace weir::io {

Scope::~Scope() {
    if (running_ != 0) broken("a scope ended before its tasks");
}

void Scope::spawn(Task<> task) {
    const auto frame = std::exchange(task.frame_, {});
    ++running_;
    frame.promise().scope_ = this;
    frame.resume();
}

Task<> Scope::join() {
    // Between the last task's end and the joiner's turn another one may have been spawned.
    while (running_ != 0) co_await Emptied{*this, {}};
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
