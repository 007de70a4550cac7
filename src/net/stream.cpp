#include "net/stream.h"

#include "io/worker.h"

namespace weir::net {

Error error_of(io::IoCount count, Side side) {
    if (count.is_end()) return Error{.code = ErrorCode::closed, .side = side};
    return Error{.code = code_of_errno(count.system_errno()), .side = side, .system_errno = count.system_errno()};
}

Result<bool> write_now(Stream& stream, std::span<iovec>& parts, Side side) {
    while (!parts.empty()) {
        const auto count = stream.write(parts);
        if (count.is_blocked()) return false;
        if (count.is_failed()) return std::unexpected(error_of(count, side));
        auto taken = count.octets();
        while (!parts.empty() && taken >= parts.front().iov_len) {
            taken -= parts.front().iov_len;
            parts = parts.subspan(1);
        }
        if (parts.empty()) break;
        parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + taken;
        parts.front().iov_len -= taken;
    }
    return true;
}

namespace {
// A bound that is as good as none must not wrap around into the past.
TimePoint after(TimePoint now, Duration wait) { return wait >= kNever - now ? kNever : now + wait; }
}  // namespace

io::Task<Result<>> write_all(Stream& stream, std::span<iovec> parts, io::Deadline deadline, Duration stall, Side side) {
    for (;;) {
        const auto all = write_now(stream, parts, side);
        if (!all) co_return std::unexpected(all.error());
        if (*all) co_return Result<>{};
        const auto ready = co_await stream.writable(deadline.sooner(after(io::Worker::current().now(), stall)));
        if (!ready) co_return fail(ready.error().code, side, "the other side takes no octets");
    }
}

}  // namespace weir::net
