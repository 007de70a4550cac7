#include "cli/demo/visit.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/demo/page.h"
#include "cli/demo/websocket.h"
#include "http/date.h"
#include "http/h1/server.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::cli {

namespace {

constexpr Duration kIdle = std::chrono::seconds(75);
constexpr Duration kTick = std::chrono::seconds(1);
constexpr std::uint64_t kSlowMax_ms = 60'000;

std::string clock_event(std::uint64_t serial, std::uint64_t visits) {
    const auto now = io::Worker::current().wall_now();
    const auto midnight = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day day(midnight);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(now - midnight));
    return fmt::format("event: clock\nid: {}\ndata: {{\"time\":\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z\",\"visits\":{}}}\n\n", serial,
                       int(day.year()), unsigned(day.month()), unsigned(day.day()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count(), visits);
}

class Visit {
public:
    Visit(DemoShop& shop, net::Stream& stream, io::Stop& stop) : shop_(shop), stream_(stream), stop_(stop), connection_(stream) {}

    io::Task<> run();

private:
    using Exchange = http::h1::ServerExchange;

    io::Task<bool> serve_one();
    io::Task<bool> serve(Exchange& exchange, const http::Request& request);
    io::Task<Result<>> read_body(Exchange& exchange, bool expects_continue, std::string& body);
    io::Task<bool> reply(Exchange& exchange, const Page& page, Arena& arena);
    io::Task<bool> slow(Exchange& exchange, std::string_view query, Arena& arena);
    io::Task<bool> talk(Exchange& exchange, const http::Request& request);
    io::Task<bool> tell_time(Exchange& exchange, Arena& arena);
    void add_common(http::Response& response, std::array<char, http::kDateOctets>& date) const;
    io::Deadline deadline() { return {kNever, &stop_}; }

    DemoShop& shop_;
    net::Stream& stream_;
    io::Stop& stop_;
    http::h1::ServerConnection connection_;
};

io::Task<> Visit::run() {
    for (;;) {
        if (connection_.is_idle()) {
            connection_.buffer().release_if_empty();
            const auto ready = co_await stream_.readable({io::Worker::current().now() + kIdle, &stop_});
            if (!ready) co_return;
        }
        const bool goes_on = co_await serve_one();
        if (!goes_on || stop_.is_requested()) co_return;
    }
}

io::Task<bool> Visit::serve_one() {
    Arena arena;
    Exchange exchange(connection_, arena);
    http::Request request(arena);
    const auto head = co_await exchange.read_head(request, {}, {}, deadline());
    if (!head) {
        if (!exchange.has_begun()) co_return false;
        exchange.close_after();
        co_await reply(exchange, message_page(400, "We can't read this", head.error().detail), arena);
        co_return false;
    }
    shop_.count_visit();
    const bool is_sent = co_await serve(exchange, request);
    co_return is_sent&& exchange.may_continue();
}

io::Task<bool> Visit::serve(Exchange& exchange, const http::Request& request) {
    auto& arena = request.arena();
    const auto target = http::parse_target(request.target, {}, arena);
    if (!target) co_return co_await reply(exchange, message_page(400, "A winding path", word_of(target.error())), arena);
    if (target->path == "/ws") co_return co_await talk(exchange, request);
    std::string body;
    const auto read = co_await read_body(exchange, request.expects_continue, body);
    if (!read) {
        exchange.close_after();
        if (read.error().code != ErrorCode::body_too_large) co_return false;
        co_return co_await reply(exchange, message_page(413, "Too much at once", "Our barge takes 64 KiB."), arena);
    }
    if (target->path == "/slow") co_return co_await slow(exchange, target->query, arena);
    if (target->path == "/events" && request.method == http::Method::get) co_return co_await tell_time(exchange, arena);
    co_return co_await reply(exchange, page_for({request, *target, body}, shop_.carts()), arena);
}

io::Task<Result<>> Visit::read_body(Exchange& exchange, bool expects_continue, std::string& body) {
    auto& source = exchange.body();
    source.set_pace({.stall = kIdle, .octets_max = DemoShop::kBodyMax, .overall = deadline()});
    if (expects_continue && !source.is_done()) {
        Arena arena;
        http::Response go_on(arena);
        go_on.status = 100;
        const auto put = exchange.put_interim(go_on);
        if (!put) co_return put;
        const auto sent = co_await exchange.flush(deadline());
        if (!sent) co_return sent;
    }
    while (!source.is_done()) {
        const auto piece = source.ready();
        if (!piece) co_return std::unexpected(piece.error());
        body += piece->octets;
        if (!piece->empty() || source.is_done()) continue;
        const auto came = co_await source.wait();
        if (!came) co_return came;
    }
    co_return Result<>{};
}

void Visit::add_common(http::Response& response, std::array<char, http::kDateOctets>& date) const {
    http::write_date(io::Worker::current().wall_now(), date);
    response.fields.add(http::FieldId::date, {date.data(), date.size()});
    response.fields.add(http::FieldId::server, "weir-demo-shop");
}

io::Task<bool> Visit::reply(Exchange& exchange, const Page& page, Arena& arena) {
    http::Response response(arena);
    std::array<char, http::kDateOctets> date;
    response.status = page.status;
    response.framing = http::Framing::length;
    response.content_length = page.body().size();
    add_common(response, date);
    if (!page.body().empty()) response.fields.add(http::FieldId::content_type, page.content_type);
    if (!page.etag.empty()) response.fields.add(http::FieldId::etag, page.etag);
    response.fields.add(http::FieldId::cache_control, page.etag.empty() ? "no-store" : "public, max-age=3600");
    if (!page.location.empty()) response.fields.add(http::FieldId::location, page.location);
    if (!page.set_cookie.empty()) response.fields.add(http::FieldId::set_cookie, page.set_cookie);
    if (!page.allow.empty()) response.fields.add(http::FieldId::allow, page.allow);
    const Piece piece{page.body(), {}};
    const auto put = exchange.put_head(response, {&piece, 1}, true);
    if (!put) co_return false;
    const auto sent = co_await exchange.flush(deadline());
    co_return sent.has_value();
}

io::Task<bool> Visit::slow(Exchange& exchange, std::string_view query, Arena& arena) {
    const auto wish = http::query_parameter(query, "ms", arena).value_or("1000");
    const auto wait_ms = std::min(parse_decimal(wish).value_or(1000), kSlowMax_ms);
    const auto waited = co_await io::sleep_until(io::Worker::current().now() + std::chrono::milliseconds(wait_ms), &stop_);
    if (!waited) co_return false;
    Page page;
    page.content_type = "application/json";
    page.made = fmt::format(R"({{"waited_ms":{}}})", wait_ms);
    co_return co_await reply(exchange, page, arena);
}

io::Task<bool> Visit::talk(Exchange& exchange, const http::Request& request) {
    auto& arena = request.arena();
    const auto fault = websocket::fault_of(request);
    if (fault != 0) {
        exchange.close_after();
        co_return co_await reply(exchange, message_page(fault, "A WebSocket, please", "This path speaks RFC 6455, version 13."), arena);
    }
    const auto accept = websocket::accept_for(request.fields.value(http::FieldId::sec_websocket_key));
    http::Response response(arena);
    response.status = 101;
    response.upgrade = "websocket";
    response.fields.add(http::FieldId::sec_websocket_accept, accept);
    const auto put = exchange.put_head(response, {}, true);
    if (!put) co_return false;
    const auto sent = co_await exchange.flush(deadline());
    if (!sent) co_return false;
    const auto early = exchange.take_buffered();
    co_await websocket::echo(exchange.raw(), early.octets, &stop_);
    co_return false;
}

// Server-sent events: one every second, until the visitor leaves.
io::Task<bool> Visit::tell_time(Exchange& exchange, Arena& arena) {
    http::Response response(arena);
    std::array<char, http::kDateOctets> date;
    add_common(response, date);
    response.framing = http::Framing::chunked;
    response.fields.add(http::FieldId::content_type, "text/event-stream");
    response.fields.add(http::FieldId::cache_control, "no-store");
    const Piece hello{"retry: 1000\n\n", {}};
    auto put = exchange.put_head(response, {&hello, 1}, false);
    for (std::uint64_t serial = 1; put; ++serial) {
        const auto text = clock_event(serial, shop_.visits());
        const auto flushed = co_await exchange.flush(deadline());
        if (!flushed) co_return false;
        const Piece piece{text, {}};
        put = exchange.put({&piece, 1}, false, nullptr);
        if (!put) co_return false;
        const auto sent = co_await exchange.flush(deadline());
        if (!sent) co_return false;
        const auto waited = co_await io::sleep_until(io::Worker::current().now() + kTick, &stop_);
        if (!waited) co_return false;
    }
    co_return false;
}

}  // namespace

io::Task<> visit(DemoShop& shop, std::unique_ptr<net::Stream> stream, io::Stop& stop) {
    Visit one(shop, *stream, stop);
    co_await one.run();
}

}  // namespace weir::cli
