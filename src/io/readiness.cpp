#include "io/readiness.h"

#include "io/broken.h"

namespace weir::io {

Readiness::~Readiness() {
    if (has_waiters()) broken("a stream ended before its waiters");
}

void Readiness::edge(bool readable, bool writable, bool end, bool broken) {
    saw_end_ |= end || broken;
    is_broken_ |= broken;
    readable_ |= readable || end || broken;
    writable_ |= writable || broken;
    if (readable_ && reader_ != nullptr) reader_->complete();
    if (writable_ && writer_ != nullptr) writer_->complete();
    if (hook_ != nullptr) hook_->on_edge(*this);
}

void Readiness::give_up() {
    saw_end_ = is_broken_ = readable_ = writable_ = true;
    if (reader_ != nullptr) reader_->complete();
    if (writer_ != nullptr) writer_->complete();
}

}  // namespace weir::io
