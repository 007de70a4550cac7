#include "proxy/pump.h"

#include "io/event.h"

namespace weir::proxy {
namespace {

constexpr std::uint32_t kRoundsATurn = 16;

}  // namespace

Result<> take_ready(http::Body& body, Handful& handful) {
    while (!handful.is_full() && !body.is_done()) {
        auto piece = body.ready();
        if (!piece) return std::unexpected(piece.error());
        if (piece->empty()) break;
        handful.add(std::move(*piece));
    }
    return {};
}

io::Task<Result<>> pump(PumpEnds ends) {
    Handful handful;
    for (std::uint32_t round = 1;; ++round) {
        // Two fast ends never block: others must get their turn all the same.
        if (round % kRoundsATurn == 0) {
            const auto went_on = co_await io::yield(ends.deadline);
            if (!went_on) co_return fail(went_on.error().code, Side::self, "stopped");
        }
        const auto taken = take_ready(ends.from, handful);
        const bool may_have_more = handful.is_full();
        // What came before the fault still goes out: the receiver sees a broken end, not an empty message.
        const bool is_last = taken && ends.from.is_done();
        if (!handful.empty() || is_last) {
            const auto put = ends.to.put(handful.all(), is_last, ends.from.trailers());
            if (!put) co_return std::unexpected(put.error());
            handful.clear();
        }
        if (!ends.to.is_flushed()) {
            const auto flushed = co_await ends.to.flush(ends.deadline);
            if (!flushed) co_return std::unexpected(flushed.error());
        }
        if (!taken) co_return std::unexpected(taken.error());
        if (is_last) co_return Result<>{};
        if (may_have_more) continue;
        const auto more = co_await ends.from.wait();
        if (!more) co_return std::unexpected(more.error());
    }
}

}  // namespace weir::proxy
