// For tests and fuzzing of records: the client's side of TLS 1.3 records with nothing in it that refuses to send what it must not, and a
// stream in memory. It opens in order and by its own count, so that a nonce that is used twice or left out is seen.
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/stream.h"
#include "tls/key_schedule.h"
#include "tls/library_provider.h"

namespace weir::tls {

class PipeStream final : public net::Stream {
public:
    PipeStream() : Stream(readiness_) { readiness_.edge(true, false, false, false); }
    io::IoCount read(std::span<char> into) override {
        if (in.empty()) return has_ended ? io::IoCount::of(0) : io::IoCount::blocked();
        const auto octets = std::min({into.size(), in.size(), segment_max});
        std::memcpy(into.data(), in.data(), octets);
        in.erase(0, octets);
        return io::IoCount::of(octets);
    }
    io::IoCount write(std::span<const iovec> from) override {
        const auto octets = std::min(from[0].iov_len, room);
        if (octets == 0) return io::IoCount::blocked();
        out.append(static_cast<const char*>(from[0].iov_base), octets);
        room -= octets;
        return io::IoCount::of(octets);
    }
    void close_write() override {}
    void abort() override {}

    std::string in;  // to be read
    std::string out;
    std::size_t room = ~std::size_t{0};
    std::size_t segment_max = ~std::size_t{0};
    bool has_ended = false;

private:
    io::Readiness readiness_{true};
};

class RecordPeer {
public:
    struct Record {
        std::uint8_t type;
        std::string content;
        bool operator==(const Record&) const = default;
    };

    // The server's secrets go in `secrets`; `opened`: records of the server's that this side saw before.
    RecordPeer(std::uint16_t suite, const TrafficSecrets& secrets, std::uint64_t opened = 0)
        : digest_(secrets.digest), is_chacha_(suite == 0x1303), key_octets_(suite == 0x1301 ? 16 : 32) {
        out_ = {secrets.client, 0};
        in_ = {secrets.server, opened};
    }

    std::string seal(std::uint8_t type, std::string_view content, std::size_t padding = 0) {
        std::string inner(content);
        inner += static_cast<char>(type);
        inner.append(padding, '\0');
        return seal_inner(inner);
    }
    std::string seal_inner(std::string_view inner) {
        const auto sealed = inner.size() + 16;
        std::string record{23, 3, 3, static_cast<char>(sealed >> 8), static_cast<char>(sealed)};
        const auto done = run(true, out_, record, inner);
        ++out_.sequence;
        return record + *done;
    }
    void change_own_key() { change(out_); }
    // The next record of the server's; nothing when it is cut or not its next one. Follows its KeyUpdate.
    std::optional<Record> open_next(std::string_view& wire) {
        if (wire.size() < 5) return std::nullopt;
        const std::size_t octets = static_cast<std::size_t>(static_cast<unsigned char>(wire[3])) << 8 | static_cast<unsigned char>(wire[4]);
        if (wire[0] != 23 || wire.size() < 5 + octets) return std::nullopt;
        auto inner = run(false, in_, wire.substr(0, 5), wire.substr(5, octets));
        if (!inner || inner->empty()) return std::nullopt;
        ++in_.sequence;
        wire.remove_prefix(5 + octets);
        Record record{static_cast<std::uint8_t>(inner->back()), inner->substr(0, inner->size() - 1)};
        if (record.type == 22) change(in_);
        return record;
    }

private:
    struct Way {
        Secret secret{};
        std::uint64_t sequence = 0;
    };

    void change(Way& way) const {
        Secret next{};
        const auto octets = octets_of(digest_);
        expand_label(digest_, {way.secret.data(), octets}, "tls13 ", "traffic upd", {}, {next.data(), octets});
        way = {next, 0};
    }
    // Seals or opens, with a cipher of its own.
    std::optional<std::string> run(bool seals, const Way& way, std::string_view head, std::string_view text) const {
        std::array<std::uint8_t, 32> key{};
        std::array<std::uint8_t, 12> iv{};
        const Octets secret{way.secret.data(), octets_of(digest_)};
        expand_label(digest_, secret, "tls13 ", "key", {}, {key.data(), key_octets_});
        expand_label(digest_, secret, "tls13 ", "iv", {}, iv);
        for (std::size_t i = 0; i < 8; ++i) iv[11 - i] ^= static_cast<std::uint8_t>(way.sequence >> (8 * i));
        const auto* cipher = is_chacha_ ? EVP_chacha20_poly1305() : key_octets_ == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
        std::string tag(16, '\0');
        if (!seals && text.size() < tag.size()) return std::nullopt;
        if (!seals) tag = text.substr(text.size() - tag.size()), text.remove_suffix(tag.size());
        std::string done(text.size(), '\0');
        int count = 0;
        const auto* in = reinterpret_cast<const unsigned char*>(text.data());
        auto* out = reinterpret_cast<unsigned char*>(done.data());
        auto* ctx = EVP_CIPHER_CTX_new();
        EVP_CipherInit_ex(ctx, cipher, nullptr, key.data(), iv.data(), seals ? 1 : 0);
        EVP_CipherUpdate(ctx, nullptr, &count, reinterpret_cast<const unsigned char*>(head.data()), static_cast<int>(head.size()));
        EVP_CipherUpdate(ctx, out, &count, in, static_cast<int>(text.size()));
        if (!seals) EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, tag.data());
        const bool is_good = EVP_CipherFinal_ex(ctx, out + done.size(), &count) == 1;
        if (seals) EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag.data());
        EVP_CIPHER_CTX_free(ctx);
        if (!is_good) return std::nullopt;
        return seals ? done + tag : done;
    }

    SuiteDigest digest_;
    bool is_chacha_;
    std::size_t key_octets_;
    Way out_;
    Way in_;
};

}  // namespace weir::tls
