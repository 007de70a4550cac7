#include "http/websocket.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "base/random.h"

namespace weir::http {
namespace {

std::string_view base64(std::span<const std::uint8_t> octets, Arena& arena) {
    constexpr std::size_t kTerminator = 1;
    const auto room = arena.make_array<unsigned char>((octets.size() + 2) / 3 * 4 + kTerminator);
    const auto size = EVP_EncodeBlock(room.data(), octets.data(), static_cast<int>(octets.size()));
    return {reinterpret_cast<const char*>(room.data()), static_cast<std::size_t>(size)};
}

}  // namespace

std::string_view make_websocket_key(Arena& arena) {
    std::array<std::uint8_t, 16> octets{};
    secret_octets(octets);
    return base64(octets, arena);
}

std::string_view websocket_accept(std::string_view key, Arena& arena) {
    constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
    const auto text = arena.concat({key, kGuid});
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
    return base64({digest.data(), size}, arena);
}

}  // namespace weir::http
