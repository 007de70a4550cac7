#include "io/socket.h"

#include <algorithm>
#include <cerrno>
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

Socket::Socket(Handle handle, State state) : Readiness(state != State::connecting), worker_(&Worker::current()), handle_(handle) {
    is_watched_ = state != State::accepted;
    if (is_watched_) watch(state == State::connecting ? Edges::all : Edges::input);
    else readable_ = true;
}

Socket::Socket(Handle handle, std::unique_ptr<std::string> rest) : Readiness(false), worker_(&Worker::current()), handle_(handle) {
    rest_ = std::move(rest);
    watch(Edges::all);
}

Socket::~Socket() {
    if (handle_ == kNoHandle) return;
    end_gathering();
    if (rest_ == nullptr || resets_on_close_) backend().close(handle_, resets_on_close_);
    else worker_->outflow().finish_later(handle_, std::move(rest_));
}

void* Socket::operator new(std::size_t octets) { return FramePool::take(octets); }
void Socket::operator delete(void* memory, std::size_t octets) noexcept { FramePool::give(memory, octets); }

void Readiness::be_watched() { static_cast<Socket&>(*this).watch(Edges::input); }

void Socket::watch(Edges edges) {
    is_watched_ = true;
    edges_ = edges;
    watch_error_ = backend().watch(handle_, *this, edges);
    if (watch_error_ != 0) give_up();
}

// At once, though nobody waits yet: whoever waits later, or a rest that is to leave by itself, relies on an edge that comes.
void Socket::wait_for_room() {
    writable_ = false;
    if (edges_ != Edges::all || !is_watched_) watch(Edges::all);
}

Backend& Socket::backend() const { return worker_->backend(); }

IoCount Socket::read(std::span<char> into) {
    if (watch_error_ != 0) return IoCount::failed(watch_error_);
    if (!readable_) return IoCount::blocked();  // no call to hear what is known
    const auto count = backend().read(handle_, into);
    // An end that was announced is still to be read: stay readable for it.
    if (count.is_blocked() || (count.is_some() && count.octets() < into.size() && !saw_end_)) readable_ = false;
    return count;
}

IoCount Socket::write(std::span<const iovec> from) {
    if (watch_error_ != 0) return IoCount::failed(watch_error_);
    if (send_error_ != 0) return IoCount::failed(send_error_);
    if (is_write_closed_) return IoCount::failed(EPIPE);
    from = from.first(std::min(from.size(), kPartsMax));
    if (!writable_) return IoCount::blocked();
    const auto octets = total_of(from);
    if (octets > Outflow::kWriteMax) return send_at_once(from, octets);
    worker_->outflow().add(*this, from, octets);
    is_gathered_ = true;
    return IoCount::of(octets);
}

IoCount Socket::send_at_once(std::span<const iovec> from, std::size_t octets) {
    end_gathering();
    if (send_error_ != 0) return IoCount::failed(send_error_);
    if (!writable_) return IoCount::blocked();
    const auto count = backend().write(handle_, from);
    has_sent_ |= count.is_some();
    if (count.is_blocked() || (count.is_some() && count.octets() < octets)) wait_for_room();
    return count;
}

// What is written next, or a close, must not overtake it.
void Socket::end_gathering() {
    if (is_gathered_) worker_->outflow().send();
}

// A failure needs no waking: the system tells of it by an edge, too.
void Socket::send_gathered(std::string_view octets) {
    is_gathered_ = false;
    if (send_error_ != 0) return;
    if (rest_ != nullptr) {
        rest_->append(octets);
        return;
    }
    const iovec part{const_cast<char*>(octets.data()), octets.size()};
    const auto count = backend().write(handle_, {&part, 1});
    if (count.is_failed()) return fail_sending(count);
    const auto sent = count.is_blocked() ? 0 : count.octets();
    has_sent_ |= sent != 0;
    if (sent == octets.size()) return;
    rest_ = std::make_unique<std::string>(octets.substr(sent));
    wait_for_room();
}

// Of a call that fails the system has taken nothing, and nothing is sent after it.
void Socket::fail_sending(IoCount count) {
    send_error_ = count.system_errno();
    has_lost_all_ = !has_sent_;
}

// True when nothing is left, be it that nothing more can be sent.
bool Socket::send_rest() {
    const iovec part{rest_->data(), rest_->size()};
    const auto count = backend().write(handle_, {&part, 1});
    if (count.is_blocked()) return false;
    if (count.is_failed()) fail_sending(count);
    else has_sent_ = true, rest_->erase(0, count.octets());
    if (send_error_ == 0 && !rest_->empty()) return false;
    rest_.reset();
    if (is_write_closed_) backend().close_write(handle_);
    return true;
}

void Socket::edge(bool readable, bool writable, bool end, bool broken) {
    if (rest_ != nullptr && (writable || broken)) writable = send_rest();
    Readiness::edge(readable, writable, end, broken);
}

void Socket::close_write() {
    end_gathering();
    is_write_closed_ = true;
    if (rest_ == nullptr) backend().close_write(handle_);
}

Handle Socket::release() {
    if (has_waiters()) broken("a socket was given away before its waiters were done");
    end_gathering();
    if (rest_ != nullptr) broken("a socket was given away before all was sent");
    if (is_watched_) backend().unwatch(handle_);
    return std::exchange(handle_, kNoHandle);
}

}  // namespace weir::io
