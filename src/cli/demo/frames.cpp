// RFC 6455 5: frames of a client, and the heads of ours.
#include <algorithm>

#include "base/escape.h"
#include "base/text.h"
#include "cli/demo/digest.h"
#include "cli/demo/websocket.h"

namespace weir::cli::websocket {

namespace {

constexpr std::size_t kMaskOctets = 4;
constexpr std::uint16_t kProtocolError = 1002, kNotUtf8 = 1007, kTooBig = 1009;

bool is_known(unsigned opcode) { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }
bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

// RFC 6455 7.4: codes that may travel.
bool may_travel(std::uint16_t code) {
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) || (code >= 3000 && code <= 4999);
}

std::uint64_t big_endian(std::string_view octets) {
    std::uint64_t value = 0;
    for (const char c : octets) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

}  // namespace

std::string accept_for(std::string_view key) {
    constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    return base64(sha1(std::string(key) + std::string(kGuid)));
}

std::uint16_t fault_of(const http::Request& request) {
    constexpr std::size_t kKeyOctets = 24;
    if (request.method != http::Method::get || !equal_ignoring_case(request.upgrade, "websocket")) return 400;
    if (request.fields.value(http::FieldId::sec_websocket_version) != "13") return 426;
    return request.fields.value(http::FieldId::sec_websocket_key).size() == kKeyOctets ? 0 : 400;
}

std::string frame_head(Opcode opcode, std::uint64_t payload_octets) {
    std::string head(1, static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
    const unsigned length_octets = payload_octets < 126 ? 0 : payload_octets <= 0xFFFF ? 2 : 8;
    head += static_cast<char>(length_octets == 0 ? payload_octets : length_octets == 2 ? 126 : 127);
    for (unsigned i = length_octets; i != 0; --i) head += static_cast<char>(payload_octets >> (8 * (i - 1)) & 0xFFU);
    return head;
}

std::uint16_t FrameReader::read_head(Head& head) const {
    head.octets = 0;
    if (input_.size() < 2) return 0;
    const auto first = static_cast<unsigned char>(input_[0]), second = static_cast<unsigned char>(input_[1]);
    // No extension was agreed upon: reserved bits must be zero; a client masks every frame (RFC 6455 5.1, 5.2).
    if ((first & 0x70U) != 0 || !is_known(first & 0x0FU) || (second & 0x80U) == 0) return kProtocolError;
    head.opcode = static_cast<Opcode>(first & 0x0FU);
    head.is_final = (first & 0x80U) != 0;
    head.payload_octets = second & 0x7FU;
    const std::size_t length_octets = head.payload_octets == 126 ? 2 : head.payload_octets == 127 ? 8 : 0;
    if (is_control(head.opcode) && (!head.is_final || length_octets != 0)) return kProtocolError;
    if (input_.size() < 2 + length_octets + kMaskOctets) return 0;
    if (length_octets != 0) head.payload_octets = big_endian(std::string_view(input_).substr(2, length_octets));
    if (head.payload_octets > kMessageMax) return kTooBig;
    head.octets = 2 + length_octets + kMaskOctets;
    return 0;
}

Event FrameReader::next() {
    if (std::exchange(is_message_done_, false)) message_.clear();
    for (;;) {
        Head head{};
        const auto fault = read_head(head);
        if (fault != 0) return bad(fault);
        if (head.octets == 0 || input_.size() - head.octets < head.payload_octets) return {};
        auto payload = input_.substr(head.octets, head.payload_octets);
        for (std::size_t i = 0; i < payload.size(); ++i)
            payload[i] = static_cast<char>(payload[i] ^ input_[head.octets - kMaskOctets + i % 4]);
        input_.erase(0, head.octets + payload.size());
        const auto event = is_control(head.opcode) ? control(head, payload) : data(head, payload);
        if (event.kind != Event::Kind::need_more) return event;
    }
}

Event FrameReader::control(const Head& head, std::string_view payload) {
    control_ = payload;
    if (head.opcode == Opcode::ping) return {.kind = Event::Kind::ping, .payload = control_};
    if (head.opcode == Opcode::pong) return {.kind = Event::Kind::pong, .payload = control_};
    Event event{.kind = Event::Kind::close, .payload = control_};
    if (payload.empty()) return event;
    if (payload.size() == 1) return bad(kProtocolError);
    event.code = static_cast<std::uint16_t>(big_endian(payload.substr(0, 2)));
    if (!may_travel(event.code)) return bad(kProtocolError);
    return is_valid_utf8(payload.substr(2)) ? event : bad(kNotUtf8);
}

Event FrameReader::data(const Head& head, std::string_view payload) {
    const bool begins = head.opcode != Opcode::continuation;
    // A message's frames are not interleaved with another's (RFC 6455 5.4).
    if (begins != (message_opcode_ == Opcode::continuation)) return bad(kProtocolError);
    if (begins) message_opcode_ = head.opcode;
    if (message_.size() + payload.size() > kMessageMax) return bad(kTooBig);
    message_ += payload;
    if (!head.is_final) return {};
    const auto opcode = std::exchange(message_opcode_, Opcode::continuation);
    if (opcode == Opcode::text && !is_valid_utf8(message_)) return bad(kNotUtf8);
    is_message_done_ = true;
    return {.kind = Event::Kind::message, .opcode = opcode, .payload = message_};
}

}  // namespace weir::cli::websocket
