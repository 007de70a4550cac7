#include "tls/ticket_keys.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/random.h"
#include "tls/owned.h"

namespace weir::tls {

TicketKey make_ticket_key() {
    TicketKey key;
    secret_octets(key.name);
    secret_octets(key.cipher_key);
    secret_octets(key.mac_key);
    return key;
}

std::vector<TicketKey> rotate_ticket_keys(const std::vector<TicketKey>& keys, const TicketOptions& options) {
    // A ticket of a key's last moment lives `lifetime` longer.
    const auto needed = options.rotation.count() <= 0 ? 1 : 1 + (options.lifetime + options.rotation - Duration(1)) / options.rotation;
    const auto kept_max = static_cast<std::size_t>(std::clamp<std::int64_t>(needed, 1, kTicketKeysMax));
    std::vector<TicketKey> rotated{make_ticket_key()};
    for (const auto& key : keys) {
        if (rotated.size() >= kept_max) break;
        rotated.push_back(key);
    }
    return rotated;
}

std::expected<std::vector<TicketKey>, std::string> read_ticket_keys(const std::string& file) {
    std::string content;
    if (!read_file(file, content)) return std::unexpected(file + ": " + std::strerror(errno));
    if (content.empty() || content.size() % kTicketKeyOctets != 0)
        return std::unexpected(file + ": " + std::to_string(content.size()) + " octets; ticket keys are 80 octets each");
    if (content.size() / kTicketKeyOctets > kTicketKeysMax) return std::unexpected(file + ": more than 16 ticket keys");
    std::vector<TicketKey> keys(content.size() / kTicketKeyOctets);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const char* at = content.data() + i * kTicketKeyOctets;
        std::memcpy(keys[i].name.data(), at, 16);
        std::memcpy(keys[i].cipher_key.data(), at + 16, 32);
        std::memcpy(keys[i].mac_key.data(), at + 48, 32);
    }
    return keys;
}

}  // namespace weir::tls
