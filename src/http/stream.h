// The two ends of an exchange, neutral to the protocol version. Inbound: a request that came and the way to answer it. Outbound: a request
// that goes to an origin and the way to hear the answer. HTTP/1.1 implements them in h1/; the walk and the pump know only these.
// Writing: put…() takes what is given and writes what there is room for at once; when is_flushed() is false, flush() must have ended
// before the next put. All errors name their side.
#pragma once

#include <span>

#include "base/chunk.h"
#include "base/result.h"
#include "http/body.h"
#include "http/message.h"
#include "io/deadline.h"
#include "io/task.h"

namespace weir::net {
class Stream;
}

namespace weir::http {

inline constexpr std::size_t kPiecesMax = 8;  // octets of a body that go out in one write, at most that many pieces

class Sender {
public:
    virtual ~Sender() = default;
    // More of the body. `is_last`: its end, with these trailers when there are any.
    virtual Result<> put(std::span<const Piece> pieces, bool is_last, const Fields* trailers = nullptr) = 0;
    virtual bool is_flushed() const = 0;
    virtual io::Task<Result<>> flush(io::Deadline deadline) = 0;
};

class Inbound : public Sender {
public:
    virtual Body& body() = 0;
    // 1xx: any number before the reply. Lost for a client that can't have them (HTTP/1.0).
    virtual Result<> put_interim(const Response& response) = 0;
    // The reply's head and what is there of its body. The response's framing says what follows; none: nothing. It is changed to
    // the framing that this client gets.
    virtual Result<> put_head(Response& response, std::span<const Piece> first, bool is_last) = 0;
    virtual bool has_begun_reply() const = 0;
    // The reply can't reach its end: the client must not take what it got for whole.
    virtual void abort() = 0;
    // After this exchange no other one on its connection.
    virtual void close_after() = 0;
    // Requests `gone` when the client's connection breaks, or when the client has closed its sending half and has taken nothing for the
    // grace time since: it may only have said that it sends no more. Until watch_client(nullptr, …).
    virtual void watch_client(io::Stop* gone, Duration half_close_grace) = 0;
    // Octets that went out and came in for this exchange so far, framing included.
    virtual std::uint64_t octets_out() const = 0;
    virtual std::uint64_t octets_in() const = 0;
    // After a 101 or a 2xx to CONNECT: the raw stream, and octets that came behind the request's head.
    virtual net::Stream& raw() = 0;
    virtual Piece take_buffered() = 0;
};

class Outbound : public Sender {
public:
    virtual Result<> put_head(const Request& request, std::string_view target, std::span<const Piece> first, bool is_last) = 0;
    // The next head of the answer: an interim one (1xx) or the final one, whose body() may then be pulled.
    virtual io::Task<Result<>> read_head(Response& response, io::Deadline deadline) = 0;
    // Octets of the request have left.
    virtual bool has_sent_any() const = 0;
    // The answer's views end here: a tunnel that idles holds no buffer for them.
    virtual void release_head() = 0;
    // Something of an answer has arrived: the request must not be sent again.
    virtual bool has_answer_begun() const = 0;
    virtual Body& body() = 0;
    // Request and answer are both wholly finished and the connection may carry another request.
    virtual bool may_be_kept() const = 0;
    virtual net::Stream& raw() = 0;
    virtual Piece take_buffered() = 0;
};

}  // namespace weir::http
