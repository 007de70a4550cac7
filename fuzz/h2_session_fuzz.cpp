// A connection of HTTP/2: frames into a real server session in virtual time. The first octet of an input says how they come and how they
// are answered, see Manner. Oracles: what is walked is something HTTP/1.1 could carry, a body that ends cleanly has the length it stated,
// what the server says are frames that keep to the rules, every connection ends, and memory returns to what it was.
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/arena.h"
#include "http/h1/lexer.h"
#include "http/h1/scan.h"
#include "http/h2/frames_for_test.h"
#include "http/h2/server.h"
#include "io/frame_pool.h"
#include "io/scope.h"
#include "io/sim_backend.h"
#include "io/worker.h"

using namespace weir;
using namespace weir::http;

namespace {

constexpr std::size_t kTurnsMax = 200'000;
constexpr auto kPatience = std::chrono::seconds(30);

void require(bool holds) {
    if (!holds) std::abort();
}

struct Manner {
    explicit Manner(unsigned octet) : octet_(octet) {}
    bool brings_preface() const { return (octet_ & 1U) == 0; }
    std::size_t step() const { return (octet_ & 2U) != 0 ? 7 : 64 * 1024; }
    std::size_t writes_at_once() const { return (octet_ & 4U) != 0 ? 100 : 1024 * 1024; }
    bool answers_large() const { return (octet_ & 8U) != 0; }
    bool reads_body() const { return (octet_ & 16U) == 0; }
    bool says_goodbye() const { return (octet_ & 32U) != 0; }
    bool breaks() const { return (octet_ & 64U) != 0; }
    bool is_slow() const { return (octet_ & 128U) != 0; }

private:
    unsigned octet_;
};

class Told final : public io::Readiness {
public:
    Told() : Readiness(true) {}
    void drained() { readable_ = false; }
    void full() { writable_ = false; }
};

class MemoryStream final : public net::Stream {
public:
    explicit MemoryStream(std::size_t at_once) : Stream(told_), at_once_(at_once) {}

    io::IoCount read(std::span<char> into) override {
        if (is_broken_) return io::IoCount::failed(ECONNRESET);
        const auto count = std::min(into.size(), in_.size());
        in_.copy(into.data(), count);
        in_.erase(0, count);
        if (count != 0) return io::IoCount::of(count);
        if (has_ended_) return io::IoCount::of(0);
        told_.drained();
        return io::IoCount::blocked();
    }
    io::IoCount write(std::span<const iovec> from) override {
        if (is_broken_) return io::IoCount::failed(EPIPE);
        if (room_ == 0) {
            told_.full();
            return io::IoCount::blocked();
        }
        std::size_t count = 0;
        for (const auto& part : from) {
            const auto taken = std::min(part.iov_len, room_);
            out.append(static_cast<const char*>(part.iov_base), taken);
            room_ -= taken;
            count += taken;
        }
        return io::IoCount::of(count);
    }
    void close_write() override {}
    void abort() override {}

    void bring(std::string_view octets) {
        in_ += octets;
        told_.edge(true, false, false, false);
    }
    void make_room() {
        room_ = at_once_;
        told_.edge(false, true, false, false);
    }
    void end(bool breaks) {
        has_ended_ = true;
        is_broken_ = breaks;
        told_.edge(true, breaks, true, breaks);
    }

    std::string out;

private:
    Told told_;
    std::size_t at_once_;
    std::size_t room_ = 0;
    std::string in_;
    bool has_ended_ = false;
    bool is_broken_ = false;
};

struct StreamMemory {
    Arena arena;
    Request request{arena};
};

struct Stream final : StreamMemory, h2::ServerExchange {
    Stream(h2::ServerConnection& connection, std::int32_t id) : ServerExchange(connection, id, arena) { set_request(request); }
    io::Stop gone;
};

// What HTTP/1.1 could carry (request smuggling by translation).
void check(const Request& request) {
    require(h1::is_token(request.method_name));
    require(!request.target.empty() && h1::find_not_target(request.target, 0) == request.target.size());
    require(request.target.front() == '/' || request.target == "*" || request.method == Method::connect);
    require(request.fields.count(FieldId::host) == 1 && !request.authority.empty());
    for (const auto id :
         {FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection, FieldId::transfer_encoding, FieldId::upgrade})
        require(!request.fields.has(id));
    require(request.fields.count(FieldId::content_length) <= 1 && request.fields.count(FieldId::cookie) <= 1);
    for (const auto& field : request.fields) {
        require(h1::is_token(field.name) && h1::is_field_value(field.value));
        require(field.id == id_of(field.name));
    }
}

class House final : public h2::Streams {
public:
    House(const Manner& manner, net::Stream& stream) : manner_(manner), connection_(stream, *this, {}, stopping_) { running_.spawn(run()); }
    bool is_over() const { return running_.running() == 0; }
    h2::ServerConnection& connection() { return connection_; }

private:
    io::Task<> run() {
        co_await connection_.run({});
        co_await walks_.join();
    }
    h2::ServerExchange* begin(std::int32_t id) override {
        if (id % 16 == 15) return nullptr;
        ++streams_;
        return new Stream(connection_, id);
    }
    void start(h2::ServerExchange& exchange) override { walks_.spawn(walk(static_cast<Stream&>(exchange))); }
    void gone(h2::ServerExchange& exchange) override {
        require(streams_-- != 0);
        delete &static_cast<Stream&>(exchange);
    }
    void abused(h2::Abuse kind) override { require(!h2::word_of(kind).empty()); }
    void was_reset(Reset) override {}

    io::Task<> walk(Stream& stream) {
        const auto& request = stream.request;
        stream.watch_client(&stream.gone, {});
        bool goes_on = true;
        if (!stream.fault()) {
            check(request);
            if (manner_.is_slow()) co_await io::sleep_until(io::Worker::current().now() + std::chrono::seconds(1), &stream.gone);
            if (!request.upgrade.empty()) co_await echo(stream);
            else if (manner_.reads_body()) goes_on = co_await read(stream);
        }
        if (goes_on && (stream.fault() || request.upgrade.empty())) co_await answer(stream);
        if (!goes_on) stream.abort();
        stream.watch_client(nullptr, {});
        if (stream.finish()) gone(stream);
    }

    io::Task<bool> read(Stream& stream) {
        const auto& request = stream.request;
        auto& body = stream.body();
        body.set_pace({.stall = kPatience});
        while (!body.is_done()) {
            const auto piece = body.ready();
            if (!piece) co_return false;
            if (!piece->empty()) continue;
            const auto more = co_await body.wait();
            if (!more) co_return false;
        }
        if (request.framing == Framing::length) require(body.octets() == request.content_length);
        if (request.framing == Framing::none) require(body.octets() == 0);
        if (body.trailers() != nullptr)
            for (const auto& field : *body.trailers()) require(h1::is_token(field.name) && h1::is_field_value(field.value));
        co_return true;
    }

    io::Task<> answer(Stream& stream) {
        static const std::string large(300'000, 'x');
        const std::string_view octets = manner_.answers_large() ? std::string_view(large) : "hello";
        Response response(stream.arena);
        response.status = 200;
        response.framing = Framing::length;
        response.content_length = octets.size();
        response.fields.add("X-Case", "y");
        Fields trailers(stream.arena);
        if (manner_.answers_large()) response.framing = Framing::chunked, trailers.add("X-Sum", "1");
        const auto head = stream.put_head(response, {}, false);
        if (!head) co_return;
        const Piece piece{.octets = octets, .owner = {}};
        const auto put = stream.put({&piece, 1}, true, trailers.empty() ? nullptr : &trailers);
        if (put && !stream.is_flushed()) co_await stream.flush({});
    }

    io::Task<> echo(Stream& stream) {
        Response response(stream.arena);
        response.status = 101;
        const auto head = stream.put_head(response, {}, true);
        auto& raw = stream.raw();
        char room[100];
        while (head) {
            const auto count = raw.read(room);
            if (!count.is_blocked() && !count.is_some()) break;
            if (count.is_blocked()) {
                const auto ready = co_await raw.readable({io::Worker::current().now() + kPatience, &stream.gone});
                if (!ready) break;
                continue;
            }
            iovec part{room, count.octets()};
            const auto written = co_await net::write_all(raw, {&part, 1}, {kNever, &stream.gone}, kPatience, Side::client);
            if (!written) break;
        }
        raw.close_write();
    }

    const Manner manner_;
    io::Stop stopping_;
    std::size_t streams_ = 0;
    h2::ServerConnection connection_;
    io::Scope walks_;
    io::Scope running_;
};

// What a strict client makes of the server's octets.
class Reader {
public:
    void read(std::string_view octets) {
        frames_.feed(octets);
        while (const auto frame = frames_.next()) take(*frame);
    }

private:
    void take(const h2::Frame& frame) {
        using Type = h2::FrameType;
        require(frame.payload.size() <= 16'384);
        require(!std::exchange(is_first_, false) || (frame.type == Type::settings && !frame.has(h2::kAck)));
        require((frame.type == Type::continuation) == !block_.empty());
        switch (frame.type) {
            case Type::headers:
            case Type::continuation: return take_headers(frame);
            case Type::data:
                require(heads_.contains(frame.id) && !over_.contains(frame.id));
                if (frame.has(h2::kEndStream)) over_.insert(frame.id);
                return;
            case Type::rst_stream:
                require(frame.id != 0 && frame.payload.size() == 4);
                over_.insert(frame.id);
                return;
            case Type::settings: return require(frame.id == 0 && frame.payload.size() % 6 == 0);
            case Type::ping: return require(frame.id == 0 && frame.payload.size() == 8);
            case Type::goaway: return require(frame.id == 0 && frame.payload.size() >= 8);
            case Type::window_update: return require(h2::number_in(frame.payload, 0, 4) != 0);
            default: require(false);
        }
    }

    void take_headers(const h2::Frame& frame) {
        if (frame.type == h2::FrameType::headers) is_end_ = frame.has(h2::kEndStream);
        block_ += frame.payload;
        if (!frame.has(h2::kEndHeaders)) return;
        const auto fields = unpacker_.fields(std::exchange(block_, {}));
        require(fields.has_value() && !over_.contains(frame.id));
        require(heads_.insert(frame.id).second == fields->front().first.starts_with(":status") || is_end_);
        if (is_end_) over_.insert(frame.id);
    }

    h2::FrameReader frames_;
    h2::HeaderUnpacker unpacker_;
    std::string block_;
    bool is_end_ = false;
    bool is_first_ = true;
    std::set<std::uint32_t> heads_;
    std::set<std::uint32_t> over_;
};

io::Worker& worker() {
    static io::Worker& made = *[] {
        auto* one = new io::Worker(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1);
        one->enter();
        return one;
    }();
    return made;
}

void turn(MemoryStream& stream, int times) {
    for (int i = 0; i < times; ++i) {
        stream.make_room();
        worker().turn(worker().now() + std::chrono::milliseconds(1));
    }
}

void play(const Manner& manner, std::string_view octets) {
    MemoryStream stream(manner.writes_at_once());
    {
        House house(manner, stream);
        std::string all;
        if (manner.brings_preface()) all = std::string(h2::kPreface) + h2::settings_text({});
        all += octets;
        for (std::string_view rest = all; !rest.empty() && !house.is_over();) {
            const auto part = rest.substr(0, manner.step());
            rest.remove_prefix(part.size());
            stream.bring(part);
            turn(stream, 1);
        }
        turn(stream, 3);
        if (manner.says_goodbye() && !house.is_over()) house.connection().shut_down();
        turn(stream, 3);
        if (manner.breaks()) stream.end(true);
        for (std::size_t turns = 0; !house.is_over(); ++turns) {
            require(turns < kTurnsMax);
            stream.make_room();
            worker().turn();
            require(house.is_over() || !worker().backend().is_quiet());
        }
    }
    Reader().read(stream.out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    worker();
    const auto chunks = Chunk::in_use();
    const auto frames = io::FramePool::in_use();
    play(Manner(data[0]), {reinterpret_cast<const char*>(data) + 1, size - 1});
    require(Chunk::in_use() == chunks && io::FramePool::in_use() == frames);
    return 0;
}
