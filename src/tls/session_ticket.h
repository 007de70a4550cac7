// The ticket with which a client resumes its session (RFC 8446 4.6.1), as a NewSessionTicket message: what OpenSSL would make once a
// handshake is over, at a sixth of its price. It is OpenSSL that reads it when it comes back, so what is sealed in it is OpenSSL's own form
// of a session (SSL_SESSION_ASN1, which d2i_SSL_SESSION(3) reads and sess_id(1) prints), and RFC 5077 4 is how it is sealed.
// Thread: any. Nothing in it is kept: keys and secrets are wiped from all memory that they went through.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tls/key_schedule.h"

namespace weir::tls {

struct TicketKey;

struct TicketContent {
    std::uint16_t suite = 0;  // RFC 8446 B.4
    SuiteDigest digest = SuiteDigest::sha256;
    Octets resumption_secret;      // RFC 8446 7.1, of the digest's length
    Octets scope;                  // the session id context: where it is good, at most 32 octets
    std::int64_t begun_s = 0;      // of the clock on the wall
    std::uint32_t lifetime_s = 0;  // RFC 8446 4.6.1: seven days at most are told
};

class TicketMessage {
public:
    static constexpr std::size_t kOctetsMax = 320;

    // Nothing: the library refuses.
    static std::optional<TicketMessage> make(const TicketKey& key, const TicketContent& content);
    std::string_view octets() const { return {reinterpret_cast<const char*>(octets_.data()), size_}; }

private:
    std::array<std::uint8_t, kOctetsMax> octets_{};
    std::size_t size_ = 0;
};

}  // namespace weir::tls
