// What becomes of answers whose route compresses.
#include "proxy/forward.h"
#include "proxy/lane.h"

#include "observe/worker_metrics.h"

namespace weir::proxy {
namespace {

std::optional<std::uint64_t> length_of(const http::Response& response) {
    return response.framing == http::Framing::length ? std::optional(response.content_length) : std::nullopt;
}

}  // namespace

void Forward::compress_answer() {
    auto& response = exchange_.response_;
    const auto& request = exchange_.request_;
    if (response.status == 304) return filter::adapt_not_modified(request, response);
    const auto choice = filter::choose(*route_.compress, filter::read_accept_encoding(request.fields), request, response);
    if (choice.offer == nullptr) {
        if (choice.depends) filter::add_vary(response.fields);
        return;
    }
    const auto coding = choice.offer->coding;
    if (http::has_body(request.method, response.status)) {
        auto& lane = exchange_.lane_;
        const auto effort = filter::make_effort(coding, choice.offer->level, length_of(response), filter::is_event_stream(response));
        filter::Compressor compressor(lane.compressors(), effort);
        if (!compressor) {
            lane.metrics().not_compressed(coding);
            return filter::add_vary(response.fields);
        }
        compressed_.emplace(outbound_->body(), std::move(compressor), lane.metrics(), exchange_.arena_);
    }
    filter::make_head_encoded(response, coding);
    exchange_.facts_.encoding = coding;
}

}  // namespace weir::proxy
