// SslStream: what both sides of TLS have in common once a handshake is over, and how one is driven. The sides add how it begins. Its
// records are OpenSSL's, or, when a side hands them over, a RecordLayer's: then OpenSSL's state is gone. Thread: the worker's.
#pragma once

#include "io/frame_pool.h"
#include "tls/owned.h"
#include "tls/record_layer.h"
#include "tls/stream.h"
#include "tls/wire.h"

namespace weir::tls {

class SslStream : public TlsStream {
public:
    ~SslStream() override;
    SslStream(const SslStream&) = delete;
    SslStream& operator=(const SslStream&) = delete;

    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    io::IoCount read(std::span<char> into) override;
    io::IoCount write(std::span<const iovec> from) override;
    void close_write() override;
    bool has_buffered_input() const override { return has_input_; }
    void abort() override;
    const ConnectionFacts& facts() const override { return facts_; }
    void release_buffers() override { flush_quietly(); }
    void announce_end() override { ends_ = true; }

protected:
    SslStream(std::unique_ptr<net::Stream> below, Side side);

    net::Stream& below() { return *below_; }
    // Makes the connection's SSL; false when there is no memory.
    bool begin(ssl_ctx_st* with);
    // Drives OpenSSL until its handshake is done, then fills the facts that both sides have.
    io::Task<Result<>> shake(io::Deadline deadline);
    // All that is held leaves, or the deadline comes first.
    io::Task<Result<>> flush_all(io::Deadline deadline);
    io::Task<Result<>> until_readable(io::Deadline deadline);
    // Why the handshake failed.
    virtual Error failure_of_handshake();
    // One step of each, as OpenSSL does them; a side may put more into one.
    virtual int step_handshake();
    virtual int step_read(std::span<char> into, std::size_t& octets);
    virtual int step_write(std::string_view octets);
    // Whether octets of the application are here already.
    virtual bool has_more();
    // What a read that came to nothing means.
    io::IoCount read_stopped(int result);
    // close_notify leaves, and the end below follows it.
    void say_goodbye();
    Error error(ErrorCode code, const char* detail) const;

private:
    class Parts;
    std::unique_ptr<net::Stream> below_;

protected:
    Wire wire_;
    Owned<ssl_st> ssl_;
    std::unique_ptr<RecordLayer> layer_;
    ConnectionFacts facts_;
    bool is_open_ = false;  // the handshake is done, or so far that the application may speak
    bool has_input_ = false;
    bool sent_close_ = false;
    bool holds_back_ = false;  // what is held waits for the next write, to leave with it

private:
    void fill_facts();
    bool may_say_goodbye() const;
    void put_goodbye();
    bool has_pending();
    enum class Stopped : std::uint8_t { blocked, ended, failed };
    Stopped why_stopped(int result) const;
    bool encrypt(Parts& parts);
    std::string_view next_record(Parts& parts, std::size_t octets_max, Chunk& scratch);
    void flush_quietly();
    void fail_with(int system_errno);

    std::size_t owed_ = 0;  // application octets that are encrypted, and not yet told as taken
    std::size_t left_ = 0;  // of them: have left
    std::string group_;     // the library's text goes with its context
    int failed_errno_ = 0;
    Side side_;
    bool ends_ = false;  // the next octets are the last ones
    bool said_goodbye_ = false;
    bool saw_close_notify_ = false;
    bool closes_below_ = false;
    bool is_aborted_ = false;
};

}  // namespace weir::tls
