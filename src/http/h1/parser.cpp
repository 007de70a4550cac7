#include "http/h1/parser.h"

#include <type_traits>

#include "http/semantics.h"

namespace weir::http::h1 {

namespace {

// Lexes for faults and for the end only.
struct Discard {
    void method(std::string_view) {}
    void target(std::string_view) {}
    void version(Version) {}
    void status(std::uint16_t) {}
    void reason(std::string_view) {}
    void field(std::string_view, std::string_view, bool) {}
};

struct IntoRequest {
    Request& request;

    explicit IntoRequest(Request& into) : request(into) { request.fields.clear(); }
    void method(std::string_view name) { request.method_name = name; }
    void target(std::string_view text) { request.target = text; }
    void version(Version version) { request.version = version; }
    void field(std::string_view name, std::string_view value, bool is_line) {
        request.fields.add({.name = name, .value = value, .id = id_of(name), .is_line = is_line});
    }
};

struct IntoResponse {
    Response& response;

    explicit IntoResponse(Response& into) : response(into) { response.fields.clear(); }
    void version(Version version) { response.version = version; }
    void status(std::uint16_t status) { response.status = status; }
    void reason(std::string_view text) { response.reason = text; }
    void field(std::string_view name, std::string_view value, bool is_line) {
        response.fields.add({.name = name, .value = value, .id = id_of(name), .is_line = is_line});
    }
};

template <class Sink>
ParseState run(Lexer<Sink>& lexer, const Request& /*kind*/) {
    return lexer.request();
}
template <class Sink>
ParseState run(Lexer<Sink>& lexer, const Response& /*kind*/) {
    return lexer.response();
}

// An origin's fault is always "malformed": its codes would tell the client what it did not do.
ParseStep bad(Fault fault, Side side) {
    const auto code = side == Side::upstream ? ErrorCode::malformed : fault.code;
    return {.state = ParseState::bad, .error = {.code = code, .side = side, .detail = fault.detail}};
}

template <class Sink, class Message>
ParseState lex(std::string_view buffer, const HeadLimits& limits, LexPosition& position, Message& message, Fault& fault) {
    Sink sink = [&] {
        if constexpr (std::is_same_v<Sink, Discard>) return Discard{};
        else return Sink(message);
    }();
    Lexer<Sink> lexer(buffer, limits, position, sink);
    const auto state = run(lexer, message);
    fault = lexer.fault();
    return state;
}

// Reads a head that is there as a whole in one pass. Otherwise lexes what is new, and reads once the end is there.
template <class Sink, class Message>
ParseState read(std::string_view buffer, const HeadLimits& limits, LexPosition& position, Message& message, Fault& fault) {
    if (position.at != 0) {
        const auto state = lex<Discard>(buffer, limits, position, message, fault);
        if (state != ParseState::done) return state;
        position = {};
    }
    return lex<Sink>(buffer, limits, position, message, fault);
}

}  // namespace

ParseStep HeadParser::parse(std::string_view buffer, const HeadLimits& limits, Request& request) {
    Fault fault;
    const auto state = read<IntoRequest>(buffer, limits, position_, request, fault);
    if (state == ParseState::need_more) return {};
    if (state == ParseState::done) fault = finish(request);
    const auto octets = position_.at;
    reset();
    if (fault) return bad(fault, Side::client);
    return {.state = ParseState::done, .head_octets = octets};
}

ParseStep HeadParser::parse(std::string_view buffer, const HeadLimits& limits, Method request_method, Response& response) {
    Fault fault;
    const auto state = read<IntoResponse>(buffer, limits, position_, response, fault);
    if (state == ParseState::need_more) return {};
    if (state == ParseState::done) fault = finish(response, request_method);
    const auto octets = position_.at;
    reset();
    if (fault) return bad(fault, Side::upstream);
    return {.state = ParseState::done, .head_octets = octets};
}

}  // namespace weir::http::h1
