#include "tls/wire.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::tls {
namespace {

constexpr std::uint32_t kWorthMoving = 1024;  // less that waits is moved to where more has room

}  // namespace

// The calls that OpenSSL makes. A BIO is one pointer to its Wire; it never blocks on a write: what it is given is held.
struct WireMethod {
    static Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* out, std::size_t octets, std::size_t* done) {
        BIO_clear_retry_flags(bio);
        const auto count = wire_of(bio).read({out, octets});
        if (count.is_blocked()) BIO_set_retry_read(bio);
        if (!count.is_some()) return 0;
        *done = count.octets();
        return 1;
    }

    static int write(BIO* bio, const char* octets, std::size_t count, std::size_t* done) {
        BIO_clear_retry_flags(bio);
        if (!wire_of(bio).write({octets, count})) return 0;
        *done = count;
        return 1;
    }

    static long control(BIO* bio, int command, long, void*) {
        if (command == BIO_CTRL_FLUSH) return 1;
        if (command == BIO_CTRL_EOF) return wire_of(bio).saw_end_ ? 1 : 0;
        return 0;
    }

    static BIO_METHOD* make() {
        auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir");
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_ctrl(method, control);
        return method;
    }
};

bio_st* Wire::make_bio() {
    static BIO_METHOD* const kMethod = WireMethod::make();
    BIO* bio = BIO_new(kMethod);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    return bio;
}

void Wire::set_ahead(Chunk chunk, std::size_t begin, std::size_t end) {
    ahead_ = {chunk.data() + begin, end - begin};
    ahead_owner_ = std::move(chunk);
}

Wire::Ahead Wire::take_ahead() {
    Ahead taken;
    if (ahead_.empty()) return taken;
    taken.begin = static_cast<std::size_t>(ahead_.data() - ahead_owner_.data());
    taken.end = taken.begin + ahead_.size();
    taken.chunk = std::move(ahead_owner_);
    ahead_ = {};
    return taken;
}

io::IoCount Wire::read(std::span<char> into) {
    if (ahead_.empty() && reads_ahead_) {
        auto chunk = Chunk::take(Chunk::kSmall);
        const auto count = read_some({chunk.data(), chunk.size()});
        if (!count.is_some() || count.octets() == 0) return count;
        set_ahead(std::move(chunk), 0, count.octets());
    }
    if (ahead_.empty()) return read_some(into);
    const auto octets = std::min(into.size(), ahead_.size());
    std::memcpy(into.data(), ahead_.data(), octets);
    ahead_.remove_prefix(octets);
    if (ahead_.empty()) ahead_owner_.reset();
    return io::IoCount::of(octets);
}

io::IoCount Wire::read_some(std::span<char> into) {
    const auto count = below_.read(into);
    if (count.is_end()) saw_end_ = true;
    if (count.is_failed()) system_errno_ = count.system_errno();
    return count;
}

bool Wire::write(std::string_view octets) {
    auto* at = reserve(octets.size());
    if (at == nullptr) return false;
    std::memcpy(at, octets.data(), octets.size());
    commit(octets.size());
    return true;
}

char* Wire::reserve(std::size_t octets) {
    const bool fits = held_ && held_.size() - end_ >= octets;
    if (!fits && !grow(octets)) return nullptr;
    return held_.data() + end_;
}

std::optional<std::size_t> Wire::count_records() const {
    constexpr std::size_t kHead = 5;
    constexpr char kSealed = 23;
    std::size_t records = 0;
    std::size_t at = begin_;
    for (; at + kHead <= end_; ++records) {
        const char* head = held_.data() + at;
        if (head[0] != kSealed) return std::nullopt;
        at += kHead + (static_cast<std::size_t>(static_cast<unsigned char>(head[3])) << 8 | static_cast<unsigned char>(head[4]));
    }
    return at == end_ ? std::optional(records) : std::nullopt;
}

bool Wire::grow(std::size_t octets) {
    const auto held = end_ - begin_;
    // A peer that makes us answer and does not read (KeyUpdate flood, RFC 8446 4.6.3) ends here.
    if (held + octets > kHeldMax) {
        system_errno_ = ENOBUFS;
        return false;
    }
    auto larger = Chunk::take(std::max(held + octets, Chunk::kSmall));
    if (held != 0) std::memcpy(larger.data(), held_.data() + begin_, held);
    for (std::uint32_t i = 0; i < records_; ++i) record_[i].end -= begin_;
    held_ = std::move(larger);
    begin_ = 0;
    end_ = held;
    return true;
}

Wire::Flushed Wire::flush() {
    while (begin_ != end_) {
        if (system_errno_ != 0) return Flushed::failed;
        const iovec part{held_.data() + begin_, end_ - begin_};
        const auto count = below_.write({&part, 1});
        if (count.is_blocked()) return Flushed::blocked;
        if (count.is_failed()) {
            system_errno_ = count.system_errno();
            return Flushed::failed;
        }
        begin_ += static_cast<std::uint32_t>(count.octets());
    }
    held_.reset();
    return Flushed::all;
}

std::size_t Wire::room(std::size_t octets_expected) {
    if (!held_) {
        held_ = Chunk::take(std::min(octets_expected, Chunk::kLarge));
        begin_ = end_ = 0;
    } else if (end_ - begin_ < kWorthMoving && held_.size() - end_ < octets_expected && held_.size() < Chunk::kLarge) {
        grow(std::min(octets_expected, Chunk::kLarge - kWorthMoving));
    }
    return held_.size() - end_;
}

void Wire::mark(std::size_t octets) { record_[records_++] = {.end = end_, .octets = static_cast<std::uint32_t>(octets)}; }

std::size_t Wire::take_left() {
    std::size_t octets = 0;
    std::uint32_t gone = 0;
    while (gone < records_ && record_[gone].end <= begin_) octets += record_[gone++].octets;
    if (gone == 0) return 0;
    std::copy(record_.begin() + gone, record_.begin() + records_, record_.begin());
    records_ -= gone;
    return octets;
}

}  // namespace weir::tls
