#include "http/h2/request_head.h"

#include <algorithm>

#include "base/text.h"
#include "http/h1/scan.h"
#include "http/octets.h"
#include "http/semantics.h"
#include "http/trailers.h"
#include "http/websocket.h"

namespace weir::http::h2 {
namespace {

bool has_upper(std::string_view name) {
    return std::ranges::any_of(name, [](char c) { return is_octet(c, kUpperOctet); });
}

}  // namespace

void RequestHead::begin(Request& request, const h1::HeadLimits& limits) {
    *this = {};
    part_ = Part::head;
    request_ = &request;
    fields_ = &request.fields;
    limits_ = limits;
    request.version = Version::http2;
    request.method_name = request.target = request.authority = {};
}

void RequestHead::begin_trailers(Fields& trailers) {
    *this = {};
    part_ = Part::trailers;
    fields_ = &trailers;
    limits_ = {.header_count_max = kTrailersMax, .header_bytes_max = kTrailerOctetsMax};
}

void RequestHead::refuse(ErrorCode code, const char* detail) {
    if (!fault_) fault_ = {.code = code, .detail = detail};
}

bool RequestHead::is_within_limits(std::string_view name, std::string_view value) {
    octets_ += name.size() + value.size();
    ++lines_;
    if (size() > limits_.header_bytes_max) refuse(ErrorCode::fields_too_large, "head longer than header_bytes_max");
    return !fault_;
}

bool RequestHead::add(std::string_view name, std::string_view value) {
    if (!is_within_limits(name, value)) return size() <= std::uint64_t{kBombFactor} * limits_.header_bytes_max;
    // RFC 9113 8.2.1, and what could not stand in an HTTP/1.1 head (request smuggling by translation).
    if (!h1::is_field_value(value)) refuse(ErrorCode::malformed, "control octet in a field value");
    else if (name.starts_with(':')) add_pseudo(name, value);
    else add_field(name, value);
    return true;
}

void RequestHead::add_pseudo(std::string_view name, std::string_view value) {
    if (part_ == Part::trailers) return refuse(ErrorCode::malformed, "pseudo-header field in trailers");
    if (has_fields_) return refuse(ErrorCode::malformed, "pseudo-header field behind a field");
    auto& request = *request_;
    const auto set = [&](std::string_view& into) {
        if (!into.empty() || value.empty()) return refuse(ErrorCode::malformed, "repeated or empty pseudo-header field");
        into = request.arena().copy(value);
    };
    if (name == ":method") {
        set(request.method_name);
        if (!h1::is_token(value)) refuse(ErrorCode::malformed, "method that is no token");
    } else if (name == ":path") {
        set(request.target);
        if (value.size() > limits_.request_line_max) refuse(ErrorCode::uri_too_long, "path longer than request_line_max");
        if (h1::find_not_target(value, 0) != value.size()) refuse(ErrorCode::malformed, "octet that may not stand in a path");
    } else if (name == ":authority") {
        // A client that translates HTTP/1 with an empty Host may say so.
        if (value.empty()) return;
        set(request.authority);
        request.fields.add(FieldId::host, request.authority);
    } else if (name == ":scheme") {
        if (has_scheme_) return refuse(ErrorCode::malformed, "repeated or empty pseudo-header field");
        has_scheme_ = true;
        if (value != "http" && value != "https") refuse(ErrorCode::malformed, "scheme other than http and https");
    } else if (name == ":protocol") {
        set(protocol_);
        if (!h1::is_token(value)) refuse(ErrorCode::malformed, "protocol that is no token");
    } else {
        refuse(ErrorCode::malformed, "unknown pseudo-header field");
    }
}

void RequestHead::add_field(std::string_view name, std::string_view value) {
    has_fields_ = true;
    if (name.empty() || !h1::is_token(name)) return refuse(ErrorCode::malformed, "octet that may not stand in a field name");
    if (has_upper(name)) return refuse(ErrorCode::malformed, "capital letter in a field name");
    const auto id = id_of(name);
    if (part_ == Part::trailers && !may_be_trailer(id)) return;
    // Crumbs of cookies count as the one field that they become.
    if (id != FieldId::cookie || cookies_++ == 0) ++count_;
    if (count_ > limits_.header_count_max) return refuse(ErrorCode::fields_too_large, "more fields than header_count_max");
    auto& arena = fields_->arena();
    fields_->add({.name = arena.copy(name), .value = arena.copy(trim(value)), .id = id});
}

// RFC 9113 8.2.3: crumbs become one field before anybody else sees them.
void RequestHead::join_cookies() {
    if (cookies_ < 2) return;
    std::size_t octets = 0;
    for (const auto& field : *fields_)
        if (field.id == FieldId::cookie) octets += field.value.size() + 2;
    const auto room = fields_->arena().make_array<char>(octets);
    auto* at = room.data();
    for (const auto& field : *fields_) {
        if (field.id != FieldId::cookie) continue;
        if (at != room.data()) *at++ = ';', *at++ = ' ';
        at = std::ranges::copy(field.value, at).out;
    }
    fields_->set(FieldId::cookie, {room.data(), static_cast<std::size_t>(at - room.data())});
}

// RFC 8441 5: what HTTP/1.1 asks with Upgrade. From here on it is the same request.
Fault RequestHead::extend_connect(bool is_ended) {
    auto& request = *request_;
    if (request.method_name != "CONNECT" || !has_scheme_ || request.target.empty() || request.authority.empty() || is_ended)
        return {.code = ErrorCode::malformed, .detail = "incomplete extended CONNECT"};
    if (request.fields.has(FieldId::content_length)) return {.code = ErrorCode::malformed, .detail = "CONNECT with a body"};
    request.method_name = "GET";
    const auto fault = finish_stream(request, true);
    if (fault) return fault;
    request.upgrade = protocol_;
    if (protocol_ != kWebSocket)
        return {.code = ErrorCode::unsupported_method, .detail = "extended CONNECT for another protocol than websocket"};
    if (!request.fields.has(FieldId::sec_websocket_version)) request.fields.add(FieldId::sec_websocket_version, "13");
    request.fields.set(FieldId::sec_websocket_key, make_websocket_key(request.arena()));
    return {};
}

Fault RequestHead::finish(bool is_ended) {
    reset();
    if (fault_) return fault_;
    auto& request = *request_;
    if (request.method_name.empty()) return {.code = ErrorCode::malformed, .detail = "missing pseudo-header field"};
    join_cookies();
    if (!protocol_.empty()) return extend_connect(is_ended);
    const bool is_connect = request.method_name == "CONNECT";
    if (is_connect != (request.target.empty() && !has_scheme_) || (request.target.empty() != is_connect))
        return {.code = ErrorCode::malformed, .detail = "missing or surplus pseudo-header field"};
    return finish_stream(request, is_ended);
}

Fault RequestHead::finish_trailers() {
    reset();
    return fault_;
}

}  // namespace weir::http::h2
