// Wire: the encrypted octets of one connection between OpenSSL and the stream below. OpenSSL reads straight from that stream; what it
// writes gathers in a Chunk and leaves in one write when flush() is called. The Chunk goes back when it is empty.
// Thread: the worker's. Limits: kHeldMax octets wait to leave.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/chunk.h"
#include "net/stream.h"

struct bio_st;

namespace weir::tls {

class Wire {
public:
    static constexpr std::size_t kHeldMax = 256 * 1024;
    static constexpr std::size_t kRecordsMax = 8;  // of application octets, that are held at once

    explicit Wire(net::Stream& below) : below_(below) {}
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    // A BIO over this Wire, which must outlive it; nullptr when there is no memory.
    bio_st* make_bio();

    // Octets that were read before: OpenSSL gets them first.
    void set_ahead(Chunk chunk, std::size_t begin, std::size_t end);
    // While OpenSSL asks for single records: what is there is read at once, and what it has not asked for can be taken back.
    void set_reads_ahead(bool reads_ahead) { reads_ahead_ = reads_ahead; }
    bool has_ahead() const { return !ahead_.empty(); }
    struct Ahead {
        Chunk chunk;
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    Ahead take_ahead();
    io::IoCount read(std::span<char> into);

    // Room for so many octets behind what is held, and that they are there. nullptr: too many would be.
    char* reserve(std::size_t octets);
    void commit(std::size_t octets) { end_ += static_cast<std::uint32_t>(octets); }
    // The sealed records of TLS 1.3 that are held; nothing when something else is held, too.
    std::optional<std::size_t> count_records() const;

    enum class Flushed : std::uint8_t { all, blocked, failed };
    Flushed flush();
    bool is_empty() const { return begin_ == end_; }
    // Room for records before they should leave; `octets_expected` sizes the Chunk.
    std::size_t room(std::size_t octets_expected);
    // What OpenSSL wrote since the last mark was `octets` of the application.
    void mark(std::size_t octets);
    bool may_mark() const { return records_ < kRecordsMax; }
    // Application octets whose records have left since the last call.
    std::size_t take_left();

    bool may_read() const { return !ahead_.empty() || below_.readiness().may_read() || below_.has_buffered_input(); }
    bool saw_end() const { return saw_end_; }
    int system_errno() const { return system_errno_; }  // of the stream below; 0 while it works

private:
    friend struct WireMethod;
    struct Record {
        std::uint32_t end;
        std::uint32_t octets;
    };

    io::IoCount read_some(std::span<char> into);
    bool write(std::string_view octets);
    bool grow(std::size_t octets);

    net::Stream& below_;
    Chunk held_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    std::string_view ahead_;
    Chunk ahead_owner_;
    std::array<Record, kRecordsMax> record_{};
    std::uint32_t records_ = 0;
    int system_errno_ = 0;
    bool saw_end_ = false;
    bool reads_ahead_ = false;
};

}  // namespace weir::tls
