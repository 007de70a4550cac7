#include "tls/ssl_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::tls {
namespace {

constexpr std::size_t kRecordMax = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr std::size_t kRecordOverheadMax = 96;  // head, explicit nonce or padding, tag
constexpr std::size_t kRecordWorth = 1024;      // room for less is no reason for another record
constexpr std::size_t kTicketRoom = 512;        // leaves with the first reply

}  // namespace

// What is offered to a write, from where it has not been encrypted yet.
class SslStream::Parts {
public:
    explicit Parts(std::span<const iovec> parts) : parts_(parts) {
        for (const auto& part : parts) left_ += part.iov_len;
    }
    std::size_t left() const { return left_; }
    std::string_view front() const { return {static_cast<const char*>(parts_[0].iov_base) + offset_, parts_[0].iov_len - offset_}; }
    void skip(std::size_t octets) {
        octets = std::min(octets, left_);
        left_ -= octets;
        offset_ += octets;
        while (!parts_.empty() && offset_ >= parts_[0].iov_len) {
            offset_ -= parts_[0].iov_len;
            parts_ = parts_.subspan(1);
        }
    }

private:
    std::span<const iovec> parts_;
    std::size_t offset_ = 0;
    std::size_t left_ = 0;
};

SslStream::SslStream(std::unique_ptr<net::Stream> below, Side side)
    : TlsStream(below->readiness()), below_(std::move(below)), wire_(*below_), side_(side) {}

SslStream::~SslStream() {
    if (may_say_goodbye()) {
        put_goodbye();
        wire_.flush();
    }
    ERR_clear_error();
    // Else OpenSSL takes the end for a failure and lets nobody resume the session.
    if (is_open_ && ssl_ != nullptr) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

bool SslStream::may_say_goodbye() const {
    return is_open_ && failed_errno_ == 0 && !sent_close_ && !is_aborted_ && !saw_close_notify_ && !below_->readiness().is_broken();
}

bool SslStream::begin(ssl_ctx_st* with) {
    ERR_clear_error();
    ssl_.reset(SSL_new(with));
    if (ssl_ == nullptr) return false;
    auto* bio = wire_.make_bio();
    if (bio == nullptr) return false;
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    return true;
}

Error SslStream::error(ErrorCode code, const char* detail) const {
    return Error{.code = code, .side = side_, .retry = side_ == Side::upstream ? Retry::yes : Retry::no, .detail = detail};
}

int SslStream::step_handshake() { return SSL_do_handshake(ssl_.get()); }
int SslStream::step_read(std::span<char> into, std::size_t& octets) {
    if (layer_ != nullptr) {
        octets = layer_->read(wire_, into);
        return octets != 0 ? 1 : 0;
    }
    // The thread's errors are of all its connections: one that another left would be taken for this one's.
    ERR_clear_error();
    return SSL_read_ex(ssl_.get(), into.data(), into.size(), &octets);
}
int SslStream::step_write(std::string_view octets) {
    if (layer_ != nullptr) return layer_->write(wire_, octets) ? 1 : 0;
    std::size_t taken = 0;
    return SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &taken);
}

io::Task<Result<>> SslStream::shake(io::Deadline deadline) {
    for (;;) {
        const int result = step_handshake();
        if (result == 1) break;
        if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
            const auto failure = failure_of_handshake();
            ERR_clear_error();
            failed_errno_ = EPROTO;
            wire_.flush();  // the alert
            co_return std::unexpected(failure);
        }
        const auto sent = co_await flush_all(deadline);
        if (!sent) co_return std::unexpected(sent.error());
        const auto ready = co_await until_readable(deadline);
        if (!ready) co_return std::unexpected(ready.error());
    }
    is_open_ = true;
    has_input_ = has_pending();
    fill_facts();
    co_return Result<>{};
}

io::Task<Result<>> SslStream::flush_all(io::Deadline deadline) {
    for (;;) {
        const auto flushed = wire_.flush();
        if (flushed == Wire::Flushed::all) co_return Result<>{};
        if (flushed == Wire::Flushed::failed)
            co_return std::unexpected(error(code_of_errno(wire_.system_errno()), "during the TLS handshake"));
        const auto ready = co_await writable(deadline);
        if (!ready) co_return std::unexpected(error(ready.error().code, "the TLS handshake takes too long"));
    }
}

io::Task<Result<>> SslStream::until_readable(io::Deadline deadline) {
    const auto ready = co_await readable(deadline);
    if (!ready) co_return std::unexpected(error(ready.error().code, "the TLS handshake takes too long"));
    co_return Result<>{};
}

Error SslStream::failure_of_handshake() {
    if (wire_.system_errno() != 0) {
        auto failure = error(code_of_errno(wire_.system_errno()), "during the TLS handshake");
        failure.system_errno = wire_.system_errno();
        return failure;
    }
    if (wire_.saw_end()) return error(ErrorCode::closed, "closed during the TLS handshake");
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return error(ErrorCode::handshake_failed, X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get())));
    return error(ErrorCode::handshake_failed, take_library_reason("the TLS handshake failed"));
}

void SslStream::fill_facts() {
    auto* ssl = ssl_.get();
    facts_.version = SSL_get_version(ssl);
    facts_.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
    if (const char* group = SSL_group_to_name(ssl, static_cast<int>(SSL_get_negotiated_group(ssl)))) facts_.group = group_ = group;
    facts_.is_resumed = SSL_session_reused(ssl) != 0;
    const unsigned char* protocol = nullptr;
    unsigned octets = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &octets);
    facts_.protocol = {reinterpret_cast<const char*>(protocol), octets};
}

io::IoCount SslStream::read(std::span<char> into) {
    if (failed_errno_ != 0) return io::IoCount::failed(failed_errno_);
    if (saw_close_notify_) return io::IoCount::of(0);
    if (!has_input_ && !wire_.may_read()) return io::IoCount::blocked();
    for (std::size_t filled = 0;;) {
        std::size_t octets = 0;
        const int result = step_read(into.subspan(filled), octets);
        if (result <= 0) {
            const auto stopped = read_stopped(result);
            if (filled == 0) return stopped;
            has_input_ = !stopped.is_blocked();  // the next read tells of it
            return io::IoCount::of(filled);
        }
        filled += octets;
        const bool is_full = filled == into.size();
        if (!is_full && (has_pending() || wire_.may_read())) continue;
        has_input_ = is_full && has_more();
        return io::IoCount::of(filled);
    }
}

// Whether octets of the application are here already. What OpenSSL holds may be a ticket or half a record, too: on a pooled connection
// those are no sign of a stray answer.
bool SslStream::has_more() {
    if (layer_ != nullptr) return layer_->has_input(wire_);
    auto* ssl = ssl_.get();
    if (wire_.has_ahead()) return true;
    if (SSL_pending(ssl) != 0) return true;
    if (SSL_has_pending(ssl) == 0) return false;
    if (SSL_is_init_finished(ssl) == 0) return true;
    char octet = 0;
    std::size_t octets = 0;
    ERR_clear_error();
    const int result = SSL_peek_ex(ssl, &octet, 1, &octets);
    const bool has = result > 0 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return has;
}

bool SslStream::has_pending() {
    if (layer_ != nullptr) return layer_->has_input(wire_);
    return SSL_has_pending(ssl_.get()) != 0 || wire_.has_ahead();
}

SslStream::Stopped SslStream::why_stopped(int result) const {
    using enum Stopped;
    if (layer_ != nullptr) {
        const auto state = layer_->state();
        return state == RecordLayer::State::open ? blocked : state == RecordLayer::State::ended ? ended : failed;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return blocked;
        case SSL_ERROR_ZERO_RETURN: return ended;
        default: return failed;
    }
}

io::IoCount SslStream::read_stopped(int result) {
    has_input_ = false;
    switch (why_stopped(result)) {
        case Stopped::blocked: flush_quietly(); return io::IoCount::blocked();
        case Stopped::ended: saw_close_notify_ = true; return io::IoCount::of(0);
        case Stopped::failed: break;
    }
    ERR_clear_error();
    if (wire_.system_errno() != 0) fail_with(wire_.system_errno());
    // RFC 8446 6.1: an end without close_notify may be a truncation attack.
    else if (wire_.saw_end()) fail_with(ENODATA);
    else fail_with(EPROTO);
    wire_.flush();  // an alert, where there is one
    return io::IoCount::failed(failed_errno_);
}

io::IoCount SslStream::write(std::span<const iovec> from) {
    if (failed_errno_ != 0) return io::IoCount::failed(failed_errno_);
    if (sent_close_) return io::IoCount::failed(EPIPE);
    Parts parts(from);
    const auto offered = parts.left();
    parts.skip(owed_);
    for (bool waits = holds_back_;; waits = false) {
        const auto flushed = waits ? Wire::Flushed::all : wire_.flush();
        left_ += wire_.take_left();
        if (flushed == Wire::Flushed::failed) {
            fail_with(wire_.system_errno());
            return io::IoCount::failed(failed_errno_);
        }
        if (flushed == Wire::Flushed::blocked || parts.left() == 0) break;
        if (!encrypt(parts)) return io::IoCount::failed(failed_errno_);
        if (ends_ && parts.left() == 0) put_goodbye();
    }
    holds_back_ = false;
    const auto told = std::min(left_, offered);
    left_ -= told;
    owed_ -= told;
    return told == 0 && offered != 0 ? io::IoCount::blocked() : io::IoCount::of(told);
}

// As many records as fit into one Chunk: they leave together.
bool SslStream::encrypt(Parts& parts) {
    Chunk scratch;
    auto room = wire_.room(parts.left() + (parts.left() / kRecordMax + 1) * kRecordOverheadMax + kTicketRoom);
    while (parts.left() != 0 && wire_.may_mark() && room > kRecordOverheadMax + kRecordWorth) {
        const auto record = next_record(parts, std::min(kRecordMax, room - kRecordOverheadMax), scratch);
        if (step_write(record) <= 0) {
            ERR_clear_error();
            fail_with(wire_.system_errno() != 0 ? wire_.system_errno() : EPROTO);
            return false;
        }
        wire_.mark(record.size());
        owed_ += record.size();
        room = wire_.room(0);
    }
    return true;
}

// The octets of the next record: small parts are gathered, so that a head and its body share one.
std::string_view SslStream::next_record(Parts& parts, std::size_t octets_max, Chunk& scratch) {
    const auto front = parts.front();
    if (front.size() >= octets_max || front.size() == parts.left()) {
        const auto octets = front.substr(0, octets_max);
        parts.skip(octets.size());
        return octets;
    }
    if (!scratch) scratch = Chunk::take(kRecordMax);
    std::size_t gathered = 0;
    while (parts.left() != 0 && gathered < octets_max) {
        const auto piece = parts.front().substr(0, octets_max - gathered);
        std::memcpy(scratch.data() + gathered, piece.data(), piece.size());
        gathered += piece.size();
        parts.skip(piece.size());
    }
    return {scratch.data(), gathered};
}

void SslStream::close_write() {
    if (sent_close_) return;
    sent_close_ = true;
    // OpenSSL says no goodbye before the handshake is over: then it follows.
    if (!facts_.is_early) say_goodbye();
}

void SslStream::say_goodbye() {
    closes_below_ = true;
    holds_back_ = false;
    put_goodbye();
    flush_quietly();
}

void SslStream::put_goodbye() {
    if (said_goodbye_ || !is_open_ || facts_.is_early || failed_errno_ != 0) return;
    said_goodbye_ = true;
    if (layer_ != nullptr) return layer_->put_goodbye(wire_);
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

void SslStream::abort() {
    is_aborted_ = true;
    below_->abort();
}

void SslStream::flush_quietly() {
    if (holds_back_) return;
    const auto flushed = wire_.flush();
    left_ += wire_.take_left();
    if (flushed == Wire::Flushed::blocked || !closes_below_) return;
    closes_below_ = false;
    below_->close_write();
}

void SslStream::fail_with(int system_errno) { failed_errno_ = system_errno; }

}  // namespace weir::tls
