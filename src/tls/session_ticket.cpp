#include "tls/session_ticket.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "tls/live.h"

namespace weir::tls {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kMac = 32;
constexpr std::size_t kSessionMax = 176;
constexpr std::uint32_t kWeek_s = 7 * 24 * 60 * 60;
constexpr std::uint8_t kNewSessionTicket = 4;
constexpr std::uint8_t kNonce = 0;  // there is no other ticket of this connection

// Octets in their order, into a place that holds what this source writes.
class Writer {
public:
    explicit Writer(std::span<std::uint8_t> into) : into_(into) {}
    std::size_t size() const { return size_; }
    void put(Octets octets) {
        if (octets.empty()) return;
        std::memcpy(into_.data() + size_, octets.data(), octets.size());
        size_ += octets.size();
    }
    void number(std::uint64_t value, std::size_t octets) {
        while (octets-- != 0) into_[size_++] = static_cast<std::uint8_t>(value >> (8 * octets));
    }

private:
    std::span<std::uint8_t> into_;
    std::size_t size_ = 0;
};

// DER (X.690) as far as a session needs it: no length is above 127 but the whole's.
class SessionWriter {
public:
    static constexpr std::uint8_t kInteger = 2;
    static constexpr std::uint8_t kOctetString = 4;
    static constexpr std::uint8_t kField = 0xa0;  // an optional field, by its number

    explicit SessionWriter(std::span<std::uint8_t> into) : out_(into) {}
    std::size_t size() const { return out_.size(); }
    void text(Octets octets) {
        head(kOctetString, octets.size());
        out_.put(octets);
    }
    void integer(std::uint64_t value) {
        head(kInteger, octets_of_integer(value));
        out_.number(value, octets_of_integer(value));
    }
    void field(std::uint8_t number, std::uint64_t value) {
        head(kField | number, 2 + octets_of_integer(value));
        integer(value);
    }
    void field(std::uint8_t number, Octets octets) {
        head(kField | number, 2 + octets.size());
        text(octets);
    }

private:
    // With room for the sign.
    static std::size_t octets_of_integer(std::uint64_t value) {
        std::size_t octets = 1;
        while (octets < 8 && value >> (8 * octets - 1) != 0) ++octets;
        return octets;
    }
    void head(std::uint8_t type, std::size_t octets) {
        out_.number(type, 1);
        out_.number(octets, 1);
    }
    Writer out_;
};

constexpr std::size_t kHeadMax = 3;

// The session, behind room for its head: where it begins and how long it is.
std::span<std::uint8_t> write_session(const TicketContent& content, Octets key, std::uint32_t age_add, std::span<std::uint8_t> into) {
    constexpr std::uint64_t kForm = 1;
    constexpr std::uint64_t kTls13 = 0x0304;
    const std::uint8_t suite[] = {static_cast<std::uint8_t>(content.suite >> 8), static_cast<std::uint8_t>(content.suite)};
    SessionWriter out(into.subspan(kHeadMax));
    out.integer(kForm);
    out.integer(kTls13);
    out.text(suite);
    out.text({});  // TLS 1.3 knows no id
    out.text(key);
    out.field(1, static_cast<std::uint64_t>(content.begun_s));
    out.field(2, content.lifetime_s);
    out.field(4, content.scope);
    out.field(14, age_add);
    const bool is_long = out.size() > 127;
    const std::size_t begin = is_long ? 0 : 1;
    into[begin] = 0x30;
    if (is_long) into[begin + 1] = 0x81;
    into[kHeadMax - 1] = static_cast<std::uint8_t>(out.size());
    return into.subspan(begin, kHeadMax - begin + out.size());
}

// AES-256-CBC; once a thread, without a key while nothing is sealed.
class Sealer {
public:
    Sealer() : ctx_(EVP_CIPHER_CTX_new()) {
        EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
        if (ctx_ != nullptr && (cipher == nullptr || EVP_EncryptInit_ex2(ctx_, cipher, nullptr, nullptr, nullptr) != 1)) {
            EVP_CIPHER_CTX_free(ctx_);
            ctx_ = nullptr;
        }
        EVP_CIPHER_free(cipher);
    }
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;
    ~Sealer() { EVP_CIPHER_CTX_free(ctx_); }

    // How many octets it has become, the padding with them; 0: refused.
    std::size_t seal(Octets key, Octets iv, Octets octets, std::uint8_t* out) {
        constexpr std::array<std::uint8_t, 32> kNone{};
        int begun = 0;
        int ended = 0;
        const bool done = ctx_ != nullptr && EVP_EncryptInit_ex2(ctx_, nullptr, key.data(), iv.data(), nullptr) == 1 &&
                          EVP_EncryptUpdate(ctx_, out, &begun, octets.data(), static_cast<int>(octets.size())) == 1 &&
                          EVP_EncryptFinal_ex(ctx_, out + begun, &ended) == 1;
        if (ctx_ != nullptr) EVP_EncryptInit_ex2(ctx_, nullptr, kNone.data(), kNone.data(), nullptr);
        return done ? static_cast<std::size_t>(begun + ended) : 0;
    }

private:
    EVP_CIPHER_CTX* ctx_;
};

Sealer& sealer() {
    thread_local Sealer own;
    return own;
}

// RFC 5077 4: the key's name, the IV, what is sealed, and the MAC of all of it. Returns its octets; 0: refused.
std::size_t seal_ticket(const TicketKey& key, Octets iv, Octets session, std::span<std::uint8_t> into) {
    Writer out(into);
    out.put(key.name);
    out.put(iv);
    const auto sealed = sealer().seal(key.cipher_key, iv, session, into.data() + out.size());
    if (sealed == 0) return 0;
    const auto covered = out.size() + sealed;
    const Octets parts[] = {into.first(covered)};
    hmac(SuiteDigest::sha256, key.mac_key, parts, into.data() + covered);
    return covered + kMac;
}

}  // namespace

std::optional<TicketMessage> TicketMessage::make(const TicketKey& key, const TicketContent& content) {
    constexpr std::size_t kHead = 4;
    constexpr std::size_t kTicketAt = kHead + 4 + 4 + 2 + 2;  // lifetime, age_add, nonce, the ticket's length
    struct {
        std::array<std::uint8_t, kBlock> iv;
        std::array<std::uint8_t, 4> age_add;
    } random;
    if (content.scope.size() > 32 || RAND_bytes(random.iv.data(), sizeof random) != 1) return std::nullopt;
    const auto age_add = static_cast<std::uint32_t>(random.age_add[0]) << 24 | static_cast<std::uint32_t>(random.age_add[1]) << 16 |
                         static_cast<std::uint32_t>(random.age_add[2]) << 8 | random.age_add[3];
    Secret psk{};
    const std::span<std::uint8_t> key_octets(psk.data(), octets_of(content.digest));
    std::array<std::uint8_t, kSessionMax> session;
    TicketMessage made;
    const std::span<std::uint8_t> octets(made.octets_);
    // RFC 8446 4.6.1: the ticket's nonce makes the key.
    expand_label(content.digest, content.resumption_secret, "tls13 ", "resumption", {&kNonce, 1}, key_octets);
    const auto ticket = seal_ticket(key, random.iv, write_session(content, key_octets, age_add, session), octets.subspan(kTicketAt));
    OPENSSL_cleanse(psk.data(), psk.size());
    OPENSSL_cleanse(session.data(), session.size());
    ERR_clear_error();
    if (ticket == 0) return std::nullopt;
    made.size_ = kTicketAt + ticket + 2;
    Writer out(octets);
    out.number(kNewSessionTicket, 1);
    out.number(made.size_ - kHead, 3);
    out.number(std::min(content.lifetime_s, kWeek_s), 4);
    out.number(age_add, 4);
    out.number(1, 1);
    out.number(kNonce, 1);
    out.number(ticket, 2);
    return made;  // and no extensions: the two octets at the end
}

}  // namespace weir::tls
