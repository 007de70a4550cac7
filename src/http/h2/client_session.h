// libnghttp2's session for a ClientConnection, and what is submitted to it. Inside of the room only.
#pragma once

#include <cstdint>
#include <string_view>

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace weir {
class Arena;
}

namespace weir::http {
struct Request;
class Fields;
}  // namespace weir::http

namespace weir::http::h2 {

class ClientConnection;
class ClientExchange;

nghttp2_session* make_client_session(ClientConnection& connection);  // client_session.cpp

// client_submit.cpp
struct RequestForm {
    const Request& request;
    std::string_view target;
    bool is_secure = false;
    bool is_websocket = false;  // as an extended CONNECT (RFC 8441)
    bool has_body = false;      // or its end comes later
};
// The stream's id, or an error of libnghttp2.
std::int32_t submit_request(nghttp2_session* session, const RequestForm& form, ClientExchange& exchange, Arena& arena);
void set_sending(nghttp2_session_callbacks& callbacks);

}  // namespace weir::http::h2
