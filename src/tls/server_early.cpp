// ServerStream's early data (RFC 8446 2.3, 4.2.10): what came with the ClientHello of a resumed session is read while the handshake still
// waits for the client's Finished, and answers to it leave in the half round trip after the server's. OpenSSL has calls of its own for
// that.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "io/worker.h"
#include "tls/server_stream.h"

namespace weir::tls {

// Asked once all else speaks for it: the ticket is good, its age is right, name and protocol are those of its session.
bool ServerStream::may_take_early(ssl_st* ssl) const {
    unsigned char random[32];
    if (SSL_get_client_random(ssl, random, sizeof random) != sizeof random || !live_->replay_record) return false;
    return live_->replay_record->is_first(random, io::Worker::current().now());
}

// The application may begin as soon as a part of it is here.
int ServerStream::step_handshake() {
    const SecretKeeper keeper(secrets_);
    if (early_ != Early::awaited) return SslStream::step_handshake();
    auto chunk = Chunk::take(Chunk::kSmall);
    std::size_t octets = 0;
    switch (SSL_read_early_data(ssl_.get(), chunk.data(), chunk.size(), &octets)) {
        case SSL_READ_EARLY_DATA_SUCCESS: begin_early(std::move(chunk), octets); return 1;
        case SSL_READ_EARLY_DATA_FINISH: break;
        default: return -1;
    }
    early_ = Early::none;
    facts_.refused_early_data = SSL_get_early_data_status(ssl_.get()) == SSL_EARLY_DATA_REJECTED;
    return SslStream::step_handshake();
}

void ServerStream::begin_early(Chunk octets, std::size_t count) {
    early_ = Early::reading;
    early_kept_ = std::move(octets);
    early_begin_ = 0;
    early_end_ = static_cast<std::uint32_t>(count);
    facts_.took_early_data = facts_.is_early = true;
}

std::size_t ServerStream::take_kept(std::span<char> into) {
    const auto octets = std::min<std::size_t>(into.size(), early_end_ - early_begin_);
    std::memcpy(into.data(), early_kept_.data() + early_begin_, octets);
    early_begin_ += static_cast<std::uint32_t>(octets);
    if (early_begin_ == early_end_) early_kept_.reset();
    return octets;
}

int ServerStream::step_read(std::span<char> into, std::size_t& octets) {
    if (early_begin_ != early_end_) {
        octets = take_kept(into);
        return 1;
    }
    if (!facts_.is_early) return SslStream::step_read(into, octets);
    ERR_clear_error();
    if (early_ == Early::reading) {
        const int result = SSL_read_early_data(ssl_.get(), into.data(), into.size(), &octets);
        if (result == SSL_READ_EARLY_DATA_SUCCESS) return 1;
        if (result == SSL_READ_EARLY_DATA_ERROR) return -1;
        early_ = Early::none;
    }
    const int result = end_early();
    return result == 1 ? SslStream::step_read(into, octets) : result;
}

// The client's Finished: from here on nothing is a replay. The next ticket leaves at once, its reply may have left already.
int ServerStream::end_early() {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) return result;
    facts_.is_early = false;
    live_ = {};
    if (sent_close_) say_goodbye();
    return 1;
}

bool ServerStream::settle() {
    if (!facts_.is_early || early_begin_ != early_end_) return true;
    auto chunk = Chunk::take(Chunk::kSmall);
    std::size_t octets = 0;
    const int result = step_read({chunk.data(), chunk.size()}, octets);
    if (result <= 0) return !read_stopped(result).is_blocked();
    early_kept_ = std::move(chunk);
    early_begin_ = 0;
    early_end_ = static_cast<std::uint32_t>(octets);
    has_input_ = true;
    return true;
}

}  // namespace weir::tls
