// What a client says in records of TLS 1.3 once the handshake is over: sealed well, whatever is in them, and changed on the way. The input
// is a script. Oracles: the application reads what was sealed for it, in order, up to where the connection failed; what we send opens in
// order (no nonce twice, none left out), an alert is the last of it, and no more is held than the Wire may hold.
#include <cstdlib>

#include "tls/record_layer.h"
#include "tls/test_records.h"
#include "tls/wire.h"

using namespace weir::tls;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

constexpr std::uint8_t kAlert = 21;
constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kApplication = 23;

TrafficSecrets& secrets_of(std::uint16_t suite) {
    static TrafficSecrets secrets;
    for (std::size_t i = 0; i < kDigestMax; ++i) {
        secrets.client[i] = static_cast<std::uint8_t>(i);
        secrets.server[i] = static_cast<std::uint8_t>(100 + i);
    }
    secrets.digest = suite == 0x1302 ? SuiteDigest::sha384 : SuiteDigest::sha256;
    secrets.has_client = secrets.has_server = true;
    return secrets;
}

class Script {
public:
    explicit Script(std::string_view text)
        : text_(text),
          suite_(static_cast<std::uint16_t>(0x1301 + octet() % 3)),
          sent_(octet() % 2 == 0 ? 0 : RecordLayer::kRecordsAKey - 2),
          layer_(RecordLayer::make(suite_, secrets_of(suite_), sent_)),
          peer_(suite_, secrets_of(suite_), sent_) {
        require(layer_ != nullptr);
    }
    void run() {
        while (!text_.empty()) step();
        pipe_.segment_max = pipe_.room = ~std::size_t{0};
        read(~std::size_t{0});
        wire_.flush();
        check_sent();
        if (layer_->state() == RecordLayer::State::open && !is_spoilt_) require(got_ == said_);
    }

private:
    void step() {
        switch (octet() % 10) {
            case 0: say(); break;
            case 1: put(octet(), piece()); break;
            case 2: update(octet() % 4); break;
            case 3: pipe_.in += piece(), is_spoilt_ = true; break;
            case 4: change(); break;
            case 5: read(octet()); break;
            case 6: has_input(); break;
            case 7: write(piece()); break;
            case 8: pipe_.segment_max = octet() + 1U; break;
            case 9: pipe_.room = octet() * 4U, wire_.flush(); break;
        }
        require(got_.size() <= said_.size() && said_.starts_with(got_));
    }
    std::uint8_t octet() {
        if (text_.empty()) return 0;
        const auto taken = static_cast<std::uint8_t>(text_[0]);
        text_.remove_prefix(1);
        return taken;
    }
    std::string_view piece() {
        const std::size_t octets = std::min<std::size_t>(octet(), text_.size());
        const auto taken = text_.substr(0, octets);
        text_.remove_prefix(octets);
        return taken;
    }
    void say() {
        std::string text(piece());
        const std::size_t times = octet();
        for (std::size_t i = 0; i < times && text.size() < 9000; ++i) text += text;
        put(kApplication, text, times);
    }
    void put(std::uint8_t type, std::string_view content, std::size_t padding = 0) {
        // Zero is no type: what is before it would be.
        if (type == 0 || pipe_.in.size() > 200'000) return;
        pipe_.in += peer_.seal(type, content, padding);
        if (type == kApplication) said_ += content;
    }
    void update(unsigned how) {
        const std::string message{24, 0, 0, 1, static_cast<char>(how % 2)};
        if (how > 1) put(kHandshake, message.substr(0, how));
        put(kHandshake, message.substr(how > 1 ? how : 0));
        peer_.change_own_key();
    }
    void change() {
        if (pipe_.in.empty()) return;
        pipe_.in[(octet() << 8U | octet()) % pipe_.in.size()] ^= static_cast<char>(octet());
        is_spoilt_ = true;
    }
    void read(std::size_t octets_max) {
        char into[300];
        while (octets_max != 0) {
            const auto count = layer_->read(wire_, {into, std::min(octets_max, sizeof into)});
            if (count == 0) break;
            got_.append(into, count);
            octets_max -= count;
        }
    }
    void has_input() {
        const bool has = layer_->has_input(wire_);
        if (!has || layer_->state() != RecordLayer::State::open) return;
        const auto before = got_.size();
        read(1);
        require(got_.size() == before + 1);
    }
    void write(std::string_view text) {
        const bool was_open = layer_->state() != RecordLayer::State::failed;
        if (layer_->write(wire_, text)) require(was_open), written_ += text;
    }
    void check_sent() {
        std::string_view rest(pipe_.out);
        std::string heard;
        bool saw_alert = false;
        while (const auto record = peer_.open_next(rest)) {
            require(!saw_alert);
            saw_alert = record->type == kAlert;
            if (record->type == kApplication) heard += record->content;
        }
        require(rest.empty() && heard == written_);
        require(!saw_alert || layer_->state() == RecordLayer::State::failed);
    }

    std::string_view text_;
    std::uint16_t suite_;
    std::uint64_t sent_;
    PipeStream pipe_;
    Wire wire_{pipe_};
    std::unique_ptr<RecordLayer> layer_;
    RecordPeer peer_;
    std::string said_;
    std::string got_;
    std::string written_;
    bool is_spoilt_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    Script({reinterpret_cast<const char*>(data), size}).run();
    require(weir::Chunk::in_use() == 0);
    return 0;
}
