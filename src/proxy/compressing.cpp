// What becomes of answers whose route compresses.
#include "proxy/forward.h"
#include "proxy/lane.h"

#include "observe/worker_metrics.h"
#include "proxy/made_body.h"
#include "proxy/pump.h"

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

// The head of a reply of Weir's own becomes that of its encoded form, when this client gets that; then the encoder, for a body that is
// sent.
filter::Compressor Exchange::compress_own() {
    const auto& options = *decision_.route->compress;
    if (response_.status == 304) filter::adapt_not_modified(request_, response_);
    const auto choice = filter::choose(options, filter::read_accept_encoding(request_.fields), request_, response_);
    filter::Compressor compressor;
    if (choice.offer != nullptr && http::has_body(request_.method, response_.status)) {
        const auto& [coding, level] = *choice.offer;
        compressor = {lane_.compressors(), filter::make_effort(coding, level, response_.content_length, false)};
        if (!compressor) lane_.metrics().not_compressed(coding);
    }
    const bool is_encoded = choice.offer != nullptr && (compressor || request_.method == http::Method::head);
    if (is_encoded) {
        filter::make_head_encoded(response_, choice.offer->coding);
        facts_.encoding = choice.offer->coding;
    } else if (choice.depends) {
        filter::add_vary(response_.fields);
    }
    return compressor;
}

io::Task<> Exchange::send_compressed(filter::Compressor compressor, std::string_view octets) {
    MadeBody whole(octets);
    CompressedBody body(whole, std::move(compressor), lane_.metrics(), arena_);
    const io::Deadline deadline{kNever, &lane_.stopping()};
    Handful first;
    const auto taken = take_ready(body, first);
    const bool is_whole = taken && body.is_done();
    if (is_whole) response_.framing = http::Framing::length, response_.content_length = body.octets();
    auto outcome = taken ? inbound_.put_head(response_, first.all(), is_whole) : taken;
    if (outcome && !inbound_.is_flushed()) outcome = co_await inbound_.flush(deadline);
    if (outcome && !is_whole) outcome = co_await pump({.from = body, .to = inbound_, .deadline = deadline});
    end_relay(body, outcome);
}

}  // namespace weir::proxy
