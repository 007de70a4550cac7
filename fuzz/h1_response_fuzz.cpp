// Response heads; the first octet says what was asked. Oracles: the result does not depend on how the octets were cut; what was taken can
// be written, and reads the same again.
#include <cstdlib>
#include <memory>
#include <string>

#include "http/h1/parser.h"
#include "http/h1/scan.h"
#include "http/h1/writer.h"

using namespace weir;
using namespace weir::http;

namespace {

constexpr h1::HeadLimits kLimits{.request_line_max = 300, .header_count_max = 20, .header_bytes_max = 1000};
constexpr h1::HeadLimits kWide{.request_line_max = 100'000, .header_count_max = 1000, .header_bytes_max = 1'000'000};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Parsed {
    h1::ParseState state = h1::ParseState::need_more;
    std::uint32_t octets = 0;
    Error error;
    std::string text;
    std::string head;  // written again
};

bool is_forwarded(const Field& field) {
    switch (field.id) {
        case FieldId::connection:
        case FieldId::content_length:
        case FieldId::transfer_encoding:
        case FieldId::keep_alive:
        case FieldId::proxy_connection:
        case FieldId::upgrade:
        case FieldId::te:
        case FieldId::http2_settings: return false;
        default: return true;
    }
}

std::string text_of(const Response& response) {
    std::string text = std::to_string(response.status) + " ";
    text.append(response.reason.empty() ? reason_of(response.status) : response.reason).append(" ");
    text += std::to_string(static_cast<int>(response.framing)) + ":" +
            std::to_string(response.framing == Framing::none ? 0 : response.content_length);
    text += "\n";
    for (const auto& field : response.fields) {
        require(h1::is_token(field.name) && h1::is_field_value(field.value));
        require(field.id == id_of(field.name));
        if (is_forwarded(field)) text.append(field.name).append(":").append(field.value).append("\n");
    }
    return text;
}

// `first`: octets of the first part; then octet by octet when `step` is 1, or all the rest.
Parsed parse(std::string_view octets, Method method, std::size_t first, std::size_t step, const h1::HeadLimits& limits) {
    Arena arena;
    Response response(arena);
    h1::HeadParser parser;
    Parsed parsed;
    std::unique_ptr<char[]> buffer;
    for (std::size_t size = first;; size = std::min(size + step, octets.size())) {
        buffer = std::make_unique<char[]>(size);
        octets.copy(buffer.get(), size);
        const auto result = parser.parse({buffer.get(), size}, limits, method, response);
        parsed.state = result.state;
        parsed.octets = result.head_octets;
        parsed.error = result.error;
        if (parsed.state != h1::ParseState::need_more || size == octets.size()) break;
    }
    if (parsed.state != h1::ParseState::done) return parsed;
    require(parsed.octets <= octets.size());
    parsed.text = text_of(response);
    parsed.head.resize(h1::head_octets_max(response));
    const auto written = h1::write_head(response, h1::ConnectionField::keep_alive, false, parsed.head.data());
    require(written <= parsed.head.size());
    parsed.head.resize(written);
    return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto method = static_cast<Method>(data[0] % (static_cast<unsigned>(Method::other) + 1));
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = parse(octets, method, octets.size(), 1, kLimits);
    const auto cut = octets.empty() ? 0 : std::size_t{data[0]} * 7 % octets.size();
    for (const auto& other : {parse(octets, method, 0, 1, kLimits), parse(octets, method, cut, size, kLimits)}) {
        require(other.state == whole.state && other.octets == whole.octets && other.text == whole.text);
        require(other.error.code == whole.error.code && std::string_view(other.error.detail) == whole.error.detail);
    }
    if (whole.state == h1::ParseState::bad) require(whole.error.detail[0] != '\0' && whole.error.side == Side::upstream);
    if (whole.state != h1::ParseState::done) return 0;
    const auto again = parse(whole.head, method, whole.head.size(), 1, kWide);
    require(again.state == h1::ParseState::done && again.octets == whole.head.size() && again.text == whole.text);
    return 0;
}
