// Inlet: the octets of one stream that came and were not taken yet: a request's body, or what a tunnel's client says. Small frames are
// packed together, so that what is held is bounded by the stream's window and not by how many frames it came in.
// What is taken is told to the stream's owner, who opens the window again: flow control follows the pull.
// Owner: the stream. Thread: the worker's.
#pragma once

#include "http/body.h"
#include "http/pace_clock.h"
#include "io/event.h"

namespace weir::http::h2 {

class Inlet final : public Body {
public:
    // Told when octets were taken, and when somebody waits for octets that are not here.
    class Source {
    public:
        virtual void octets_taken(std::size_t octets) = 0;
        virtual void octets_awaited() = 0;

    protected:
        ~Source() = default;
    };

    Inlet(Source& source, Side side, Arena& arena) : source_(source), side_(side), trailers_(arena) {}
    Inlet(const Inlet&) = delete;
    Inlet& operator=(const Inlet&) = delete;
    ~Inlet() override { clear(); }

    // From the connection. `owner`: the chunk the octets lie in.
    void feed(std::string_view octets, const Chunk& owner);
    void end();
    void fail(ErrorCode code, const char* detail);
    Fields& trailers_for_writing() { return trailers_; }
    // Octets that nobody will take.
    void clear();

    void set_pace(const Pace& pace) override { clock_.set(pace); }
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return has_ended_ && first_ == nullptr; }
    std::uint64_t octets() const override { return octets_; }
    const Fields* trailers() const override { return trailers_.empty() ? nullptr : &trailers_; }

    std::size_t held() const { return held_; }
    bool has_ended() const { return has_ended_; }
    bool has_failed() const { return has_failed_; }
    // Copies what is here, for a tunnel: how many octets.
    std::size_t read(std::span<char> into);

private:
    static constexpr std::size_t kWorthKeeping = 4 * 1024;  // a shorter frame is copied: it must not hold a whole chunk
    struct Node {
        Piece piece;
        std::size_t room = 0;  // free octets behind the piece, in a chunk of our own
        Node* next = nullptr;
        static void* operator new(std::size_t octets);
        static void operator delete(void* memory, std::size_t octets) noexcept;
    };
    void append(Piece piece, std::size_t room);
    void drop_first();
    void take(std::size_t octets);

    Source& source_;
    Side side_;
    bool has_ended_ = false;
    bool has_failed_ = false;
    Node* first_ = nullptr;
    Node* last_ = nullptr;
    std::size_t held_ = 0;
    std::uint64_t octets_ = 0;
    ErrorCode code_ = ErrorCode::reset;
    const char* detail_ = "";
    PaceClock clock_;
    io::Event changed_;
    Fields trailers_;
};

}  // namespace weir::http::h2
