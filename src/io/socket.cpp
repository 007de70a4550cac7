#include "io/socket.h"

#include <algorithm>
#include <utility>

#include "io/broken.h"
#include "io/frame_pool.h"
#include "io/worker.h"

namespace weir::io {
namespace {

std::size_t total_of(std::span<const iovec> parts) {
    std::size_t total = 0;
    for (const auto& part : parts) total += part.iov_len;
    return total;
}

}  // namespace

Socket::Socket(Handle handle, State state) : Readiness(state == State::connected), backend_(&Worker::current().backend()), handle_(handle) {
    watch_error_ = backend_->watch(handle_, *this);
    if (watch_error_ != 0) readable_ = writable_ = is_broken_ = true;
}

Socket::~Socket() {
    if (handle_ == kNoHandle) return;
    backend_->close(handle_, resets_on_close_);
}

void* Socket::operator new(std::size_t octets) { return FramePool::take(octets); }
void Socket::operator delete(void* memory, std::size_t octets) noexcept { FramePool::give(memory, octets); }

IoCount Socket::read(std::span<char> into) {
    if (watch_error_ != 0) return IoCount::failed(watch_error_);
    if (!readable_) return IoCount::blocked();  // no call to hear what is known
    const auto count = backend_->read(handle_, into);
    // An end that was announced is still to be read: stay readable for it.
    if (count.is_blocked() || (count.is_some() && count.octets() < into.size() && !saw_end_)) readable_ = false;
    return count;
}

IoCount Socket::write(std::span<const iovec> from) {
    if (watch_error_ != 0) return IoCount::failed(watch_error_);
    from = from.first(std::min(from.size(), kPartsMax));
    if (!writable_) return IoCount::blocked();
    const auto count = backend_->write(handle_, from);
    if (count.is_blocked() || (count.is_some() && count.octets() < total_of(from))) writable_ = false;
    return count;
}

void Socket::close_write() { backend_->close_write(handle_); }

Handle Socket::release() {
    if (has_waiters()) broken("a socket was given away before its waiters were done");
    backend_->unwatch(handle_);
    return std::exchange(handle_, kNoHandle);
}

}  // namespace weir::io
