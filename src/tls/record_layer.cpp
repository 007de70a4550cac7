#include "tls/record_layer.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tls/hello_view.h"
#include "tls/library_provider.h"
#include "tls/wire.h"

namespace weir::tls {
namespace {

constexpr std::size_t kHead = 5;
constexpr std::size_t kTag = 16;
constexpr std::size_t kPlainMax = 16 * 1024;
constexpr std::size_t kSealedMax = kPlainMax + 256;  // RFC 8446 5.2
constexpr std::uint8_t kAlert = 21;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplication = 23;
constexpr char kKeyUpdate = 24;
constexpr std::size_t kSuites = 3;

struct Suite {
    std::uint16_t id;  // RFC 8446 B.4
    const char* cipher;
    std::size_t key_octets;
    SuiteDigest digest;
};
constexpr std::array<Suite, kSuites> kSuite{{{0x1301, "AES-128-GCM", 16, SuiteDigest::sha256},
                                             {0x1302, "AES-256-GCM", 32, SuiteDigest::sha384},
                                             {0x1303, "ChaCha20-Poly1305", 32, SuiteDigest::sha256}}};

using Nonce = std::array<std::uint8_t, 12>;

// What the library needs to seal and to open, once a thread. A connection's key is put in when the one before was another's, and taken out
// with its connection: what a key has sealed can't be read from this memory later.
class Engine {
public:
    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() {
        for (auto& place : places_) EVP_CIPHER_CTX_free(place.ctx);
    }
    bool has(std::uint8_t suite, bool seals) { return place_of(suite, seals).ctx != nullptr; }
    // For one record; nullptr when the library refuses.
    EVP_CIPHER_CTX* begin(std::uint8_t suite, bool seals, const std::uint8_t* key, const Nonce& nonce) {
        auto& place = place_of(suite, seals);
        const auto* fresh = place.key == key ? nullptr : key;
        place.key = key;
        if (EVP_CipherInit_ex2(place.ctx, nullptr, fresh, nonce.data(), -1, nullptr) == 1) return place.ctx;
        place.key = nullptr;
        return nullptr;
    }
    // The key at this address is not what it was.
    void forget(std::uint8_t suite, bool seals, const std::uint8_t* key) {
        constexpr std::array<std::uint8_t, 32> kNone{};
        auto& place = place_of(suite, seals);
        if (place.key != key) return;
        place.key = nullptr;
        EVP_CipherInit_ex2(place.ctx, nullptr, kNone.data(), nullptr, -1, nullptr);
    }

private:
    struct Place {
        EVP_CIPHER_CTX* ctx = nullptr;
        const std::uint8_t* key = nullptr;  // where the one lies that is in it
    };

    Place& place_of(std::uint8_t suite, bool seals) {
        auto& place = places_[suite * 2U + (seals ? 1 : 0)];
        if (place.ctx == nullptr) place.ctx = make(suite, seals);
        return place;
    }
    static EVP_CIPHER_CTX* make(std::uint8_t suite, bool seals) {
        EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, kSuite[suite].cipher, nullptr);
        EVP_CIPHER_CTX* made = EVP_CIPHER_CTX_new();
        if (cipher == nullptr || made == nullptr || EVP_CipherInit_ex2(made, cipher, nullptr, nullptr, seals ? 1 : 0, nullptr) != 1) {
            EVP_CIPHER_CTX_free(made);
            made = nullptr;
        }
        EVP_CIPHER_free(cipher);
        return made;
    }
    std::array<Place, kSuites * 2> places_{};
};

Engine& engine() {
    thread_local Engine own;
    return own;
}

// RFC 8446 5.3: the number of the record, in the low octets of the IV.
Nonce nonce_of(const Nonce& iv, std::uint64_t sequence) {
    auto nonce = iv;
    for (std::size_t i = 0; i < 8; ++i) nonce[11 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
    return nonce;
}

const unsigned char* octets_of_text(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::unique_ptr<RecordLayer> RecordLayer::make(std::uint16_t suite, const TrafficSecrets& secrets, std::uint64_t sent) {
    const auto known = std::ranges::find(kSuite, suite, &Suite::id);
    if (known == kSuite.end() || known->digest != secrets.digest || !secrets.has_client || !secrets.has_server) return nullptr;
    const auto index = static_cast<std::uint8_t>(known - kSuite.begin());
    if (!engine().has(index, true) || !engine().has(index, false)) return nullptr;
    std::unique_ptr<RecordLayer> made(new RecordLayer(index, known->digest));
    made->in_.secret = secrets.client;
    made->out_.secret = secrets.server;
    made->derive_keys(made->in_);
    made->derive_keys(made->out_);
    made->out_.sequence = sent;
    return made;
}

RecordLayer::~RecordLayer() {
    engine().forget(suite_, false, in_.key.data());
    engine().forget(suite_, true, out_.key.data());
    OPENSSL_cleanse(&in_, sizeof in_);
    OPENSSL_cleanse(&out_, sizeof out_);
}

// RFC 8446 7.3.
void RecordLayer::derive_keys(Direction& direction) const {
    engine().forget(suite_, &direction == &out_, direction.key.data());
    const Octets secret{direction.secret.data(), octets_of(digest_)};
    expand_label(digest_, secret, "tls13 ", "key", {}, {direction.key.data(), kSuite[suite_].key_octets});
    expand_label(digest_, secret, "tls13 ", "iv", {}, direction.iv);
    direction.sequence = 0;
}

// RFC 8446 7.2: whoever learns a key learns nothing of what went before.
void RecordLayer::change_key(Direction& direction) const {
    Secret next{};
    expand_label(digest_, {direction.secret.data(), octets_of(digest_)}, "tls13 ", "traffic upd", {}, {next.data(), octets_of(digest_)});
    direction.secret = next;
    OPENSSL_cleanse(next.data(), next.size());
    derive_keys(direction);
}

void RecordLayer::set_ahead(Chunk chunk, std::size_t begin, std::size_t end) {
    chunk_ = std::move(chunk);
    begin_ = static_cast<std::uint32_t>(begin);
    end_ = static_cast<std::uint32_t>(end);
}

std::size_t RecordLayer::read(Wire& wire, std::span<char> into) {
    while (opened_.empty()) {
        if (state_ != State::open) return 0;
        const auto step = open_next(wire);
        if (step == Step::need_more && !fill(wire)) return 0;
    }
    const auto octets = std::min(into.size(), opened_.size());
    std::memcpy(into.data(), opened_.data(), octets);
    opened_.remove_prefix(octets);
    if (!is_holding()) chunk_.reset();
    return octets;
}

bool RecordLayer::has_input(Wire& wire) {
    auto step = Step::quiet;
    while (opened_.empty() && state_ == State::open && step != Step::need_more) step = open_next(wire);
    return !opened_.empty() || state_ != State::open;
}

// What is held of a record that is not whole goes to the front of a Chunk of that size at least.
void RecordLayer::move_to(std::size_t octets) {
    const auto held = end_ - begin_;
    if (!chunk_ || chunk_.size() < octets || chunk_.is_shared()) {
        auto other = Chunk::take(octets);
        if (held != 0) std::memcpy(other.data(), chunk_.data() + begin_, held);
        chunk_ = std::move(other);
    } else if (begin_ != 0) {
        std::memmove(chunk_.data(), chunk_.data() + begin_, held);
    }
    begin_ = 0;
    end_ = held;
}

// While the rest of a record is waited for, what is there takes no more room than it needs: five octets can announce a large one.
void RecordLayer::make_small() {
    const auto held = end_ - begin_;
    if (held == 0) return chunk_.reset();
    if (held > Chunk::kMedium || chunk_.size() <= (held > Chunk::kSmall ? Chunk::kMedium : Chunk::kSmall)) return;
    auto large = std::move(chunk_);
    chunk_ = Chunk::take(held);
    std::memcpy(chunk_.data(), large.data() + begin_, held);
    begin_ = 0;
    end_ = held;
}

// Reads once. Nothing opened is at hand now.
bool RecordLayer::fill(Wire& wire) {
    if (!wire.may_read()) return make_small(), false;
    const auto held = end_ - begin_;
    // More than the first octets have come: the rest of the record will fill what it announces.
    const bool is_long = held >= Chunk::kSmall;
    move_to(is_long || expects_much_ ? Chunk::kLarge : Chunk::kSmall);
    const auto count = wire.read({chunk_.data() + end_, chunk_.size() - end_});
    if (count.is_some() && count.octets() != 0) {
        end_ += static_cast<std::uint32_t>(count.octets());
        return true;
    }
    make_small();
    if (!count.is_blocked()) state_ = State::failed;
    return false;
}

RecordLayer::Step RecordLayer::open_next(Wire& wire) {
    const auto held = end_ - begin_;
    if (held < kHead) return Step::need_more;
    auto* head = reinterpret_cast<std::uint8_t*>(chunk_.data() + begin_);
    const std::size_t sealed = two_octets({chunk_.data() + begin_ + 3, 2});
    // RFC 8446 5.1, 5.2: nothing but sealed records now, whatever they hold.
    if (head[0] != kApplication) return fail(wire, Alert::unexpected_message);
    if (sealed > kSealedMax) return fail(wire, Alert::record_overflow);
    if (sealed <= kTag) return fail(wire, Alert::decode_error);
    if (held < kHead + sealed) return Step::need_more;
    expects_much_ = sealed > Chunk::kSmall;
    begin_ += static_cast<std::uint32_t>(kHead + sealed);
    return open(wire, {head, kHead + sealed});
}

RecordLayer::Step RecordLayer::open(Wire& wire, std::span<std::uint8_t> record) {
    auto* sealed = record.data() + kHead;
    const auto octets = static_cast<int>(record.size() - kHead - kTag);
    auto* ctx = engine().begin(suite_, false, in_.key.data(), nonce_of(in_.iv, in_.sequence++));
    int count = 0;
    const bool is_good = ctx != nullptr && EVP_DecryptUpdate(ctx, nullptr, &count, record.data(), kHead) == 1 &&
                         EVP_DecryptUpdate(ctx, sealed, &count, sealed, octets) == 1 &&
                         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTag, sealed + octets) == 1 &&
                         EVP_DecryptFinal_ex(ctx, sealed + octets, &count) == 1;
    if (!is_good || in_.sequence == 0) return fail(wire, Alert::bad_record_mac);
    return take_inner(wire, {reinterpret_cast<char*>(sealed), static_cast<std::size_t>(octets)});
}

RecordLayer::Step RecordLayer::take_inner(Wire& wire, std::string_view inner) {
    // RFC 8446 5.4: zeros behind the type hide the length, within what a record may hold.
    if (inner.size() > kPlainMax + 1) return fail(wire, Alert::record_overflow);
    const auto last = inner.find_last_not_of('\0');
    if (last == std::string_view::npos) return fail(wire, Alert::unexpected_message);
    const auto type = static_cast<std::uint8_t>(inner[last]);
    const auto content = inner.substr(0, last);
    // RFC 8446 5.1: nothing comes between the fragments of a message.
    if (message_octets_ != 0 && type != kHandshake) return fail(wire, Alert::unexpected_message);
    if (type == kApplication && !content.empty()) {
        quiet_ = 0;
        opened_ = content;
        return Step::some;
    }
    // Records that say nothing, and changes of keys, cost us work and the sender none (RFC 8446 4.6.3).
    if (++quiet_ > kQuietMax) return fail(wire, Alert::unexpected_message);
    if (type == kApplication) return Step::quiet;
    if (content.empty()) return fail(wire, Alert::unexpected_message);
    if (type == kAlert) return take_alert(wire, content);
    return type == kHandshake ? take_handshake(wire, content) : fail(wire, Alert::unexpected_message);
}

// A client has one thing to say after its Finished: that its next record has another key (RFC 8446 4.6.3). It may be cut over several
// records, and must end its record, or what follows would be of two keys (5.1).
RecordLayer::Step RecordLayer::take_handshake(Wire& wire, std::string_view fragment) {
    constexpr std::string_view kLength("\0\0\1", 3);
    const auto taken = std::min(fragment.size(), kKeyUpdateOctets - message_octets_);
    std::memcpy(message_.data() + message_octets_, fragment.data(), taken);
    message_octets_ += static_cast<std::uint8_t>(taken);
    const std::string_view message(message_.data(), message_octets_);
    if (message[0] != kKeyUpdate) return fail(wire, Alert::unexpected_message);
    if (!kLength.starts_with(message.substr(1, kLength.size()))) return fail(wire, Alert::decode_error);
    if (taken != fragment.size()) return fail(wire, Alert::unexpected_message);
    if (message.size() != kKeyUpdateOctets) return Step::quiet;
    const char asks = message[4];
    if (asks != 0 && asks != 1) return fail(wire, Alert::illegal_parameter);
    message_octets_ = 0;
    change_key(in_);
    if (asks == 1 && !is_mute_ && !put_key_update(wire)) state_ = State::failed;
    return Step::quiet;
}

RecordLayer::Step RecordLayer::take_alert(Wire& wire, std::string_view alert) {
    if (alert.size() != 2) return fail(wire, Alert::decode_error);
    const auto why = static_cast<Alert>(alert[1]);
    if (why == Alert::user_canceled) return Step::quiet;
    // What comes behind a goodbye is not looked at (RFC 8446 6.1); after any other alert both sides are silent (6.2).
    state_ = why == Alert::close_notify ? State::ended : State::failed;
    is_mute_ |= state_ == State::failed;
    begin_ = end_ = 0;
    return Step::over;
}

RecordLayer::Step RecordLayer::fail(Wire& wire, Alert why) {
    ERR_clear_error();
    end_with(wire, why);
    state_ = State::failed;
    begin_ = end_ = 0;
    return Step::over;
}

bool RecordLayer::write(Wire& wire, std::string_view octets) {
    if (is_mute_) return false;
    if (out_.sequence >= kRecordsAKey && !put_key_update(wire)) return false;
    return seal(wire, kApplication, octets);
}

bool RecordLayer::put_handshake(Wire& wire, std::string_view messages) { return !is_mute_ && seal(wire, kHandshake, messages); }

bool RecordLayer::seal(Wire& wire, std::uint8_t type, std::string_view octets) {
    const auto sealed = octets.size() + 1 + kTag;
    auto* at = reinterpret_cast<std::uint8_t*>(wire.reserve(kHead + sealed));
    if (at == nullptr) return false;
    const std::uint8_t head[] = {kApplication, 3, 3, static_cast<std::uint8_t>(sealed >> 8), static_cast<std::uint8_t>(sealed)};
    std::memcpy(at, head, kHead);
    auto* out = at + kHead;
    auto* ctx = engine().begin(suite_, true, out_.key.data(), nonce_of(out_.iv, out_.sequence++));
    int count = 0;
    const bool done = ctx != nullptr && EVP_EncryptUpdate(ctx, nullptr, &count, head, kHead) == 1 &&
                      EVP_EncryptUpdate(ctx, out, &count, octets_of_text(octets), static_cast<int>(octets.size())) == 1 &&
                      EVP_EncryptUpdate(ctx, out + octets.size(), &count, &type, 1) == 1 &&
                      EVP_EncryptFinal_ex(ctx, out + octets.size() + 1, &count) == 1 &&
                      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTag, out + octets.size() + 1) == 1;
    if (!done) return false;
    wire.commit(kHead + sealed);
    return true;
}

bool RecordLayer::put_key_update(Wire& wire) {
    constexpr std::string_view kMessage("\x18\0\0\1\0", 5);  // not asking for another in turn
    if (!seal(wire, kHandshake, kMessage)) return false;
    change_key(out_);
    return true;
}

// RFC 8446 6: nothing of ours follows an alert.
void RecordLayer::end_with(Wire& wire, Alert alert) {
    if (is_mute_) return;
    is_mute_ = true;
    const char octets[] = {static_cast<char>(alert == Alert::close_notify ? 1 : 2), static_cast<char>(alert)};
    seal(wire, kAlert, {octets, sizeof octets});
}

}  // namespace weir::tls
