// The head of an answer while it comes in, and what its fields mean together. Inside of the room only.
#pragma once

#include "http/message.h"

namespace weir::http::h2 {

struct AnswerHead {
    Fields fields;
    std::uint16_t status = 0;
    bool is_end = false;  // no body follows
    AnswerHead* next = nullptr;
};

// RFC 9113 8.3.2: three digits.
std::uint16_t read_status(std::string_view text);  // 0: none
// Moves the head into the response. The fault, or nullptr.
const char* finish_answer(AnswerHead& head, Method request_method, Response& response);
// Sec-WebSocket-Accept for a client's key (RFC 6455 4.2.2).
std::string_view websocket_accept(std::string_view key, Arena& arena);

}  // namespace weir::http::h2
