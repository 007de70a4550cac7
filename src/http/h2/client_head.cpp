#include "http/h2/client_head.h"

#include <openssl/evp.h>

#include <array>

#include "base/text.h"

namespace weir::http::h2 {

std::uint16_t read_status(std::string_view text) {
    if (text.size() != 3) return 0;
    const auto status = parse_decimal<std::uint16_t>(text);
    return status && *status >= 100 && *status < 600 ? *status : std::uint16_t{0};
}

const char* finish_answer(AnswerHead& head, Method request_method, Response& response) {
    constexpr std::uint64_t kLengthMax = ~std::uint64_t{0} >> 1U;
    std::optional<std::uint64_t> length;
    if (head.fields.has(FieldId::content_length)) {
        if (head.fields.count(FieldId::content_length) > 1) return "several Content-Length fields";
        length = parse_decimal<std::uint64_t>(head.fields.value(FieldId::content_length));
        if (!length || *length > kLengthMax) return "Content-Length that is no decimal number";
    }
    response.fields = std::move(head.fields);
    response.status = head.status;
    response.version = Version::http2;
    response.reason = response.upgrade = {};
    response.keeps_alive = true;
    response.states_length = false;
    response.content_length = length.value_or(0);
    if (!has_body(request_method, head.status)) {
        response.framing = Framing::none;
        response.states_length = length && (request_method == Method::head || head.status == 304);
    } else {
        response.framing = length || head.is_end ? Framing::length : Framing::chunked;
    }
    return nullptr;
}

std::string_view websocket_accept(std::string_view key, Arena& arena) {
    const auto text = arena.concat({key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"});
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned count = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &count, EVP_sha1(), nullptr) != 1) return {};
    const auto room = arena.make_array<unsigned char>(4 * ((count + 2) / 3) + 1);
    const auto octets = EVP_EncodeBlock(room.data(), digest.data(), static_cast<int>(count));
    return {reinterpret_cast<const char*>(room.data()), static_cast<std::size_t>(octets)};
}

}  // namespace weir::http::h2
