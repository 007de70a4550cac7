// RequestHead: a header block of a request as it is unpacked, field by field, into a Request (RFC 9113 8.3.1). Names and values are copied
// into the exchange's arena. What HTTP/1.1 could not carry is refused here, octet by octet, before finish_stream() looks at what the fields
// mean together. Also the trailers of a request.
// Limits: those of an HTTP/1 head; what is beyond them is dropped and the fault remembered, since the rest must still be unpacked.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/fault.h"
#include "http/h1/lexer.h"
#include "http/message.h"

namespace weir::http::h2 {

class RequestHead {
public:
    enum class Part : std::uint8_t { none, head, trailers };
    static constexpr std::uint32_t kFieldOverhead = 32;
    static constexpr std::uint32_t kTrailersMax = 32;  // fields, as in HTTP/1
    static constexpr std::uint32_t kTrailerOctetsMax = 8 * 1024;
    static constexpr std::uint32_t kBombFactor = 4;  // a block that unpacks to so many times the limit ends its connection

    void begin(Request& request, const h1::HeadLimits& limits);
    void begin_trailers(Fields& trailers);
    // False: the block unpacks to more than any client needs (HPACK bomb).
    bool add(std::string_view name, std::string_view value);
    // The head is whole: the request is checked and complete, or why it is refused.
    Fault finish(bool is_ended);
    // Trailers are whole.
    Fault finish_trailers();

    Part part() const { return part_; }
    // Of all names and values that came.
    std::uint64_t octets() const { return octets_; }
    void reset() { part_ = Part::none; }
    // RFC 8441: ":protocol", of an extended CONNECT.
    std::string_view protocol() const { return protocol_; }

private:
    void refuse(ErrorCode code, const char* detail);
    void add_pseudo(std::string_view name, std::string_view value);
    void add_field(std::string_view name, std::string_view value);
    // RFC 9113 6.5.2.
    std::uint64_t size() const { return octets_ + std::uint64_t{kFieldOverhead} * lines_; }
    bool is_within_limits(std::string_view name, std::string_view value);
    void join_cookies();
    Fault extend_connect(bool is_ended);

    Part part_ = Part::none;
    Request* request_ = nullptr;
    Fields* fields_ = nullptr;
    h1::HeadLimits limits_;
    Fault fault_;
    std::uint64_t octets_ = 0;
    std::uint32_t lines_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t cookies_ = 0;
    bool has_fields_ = false;  // a pseudo-header field after one of these is too late
    bool has_scheme_ = false;
    std::string_view protocol_;
};

}  // namespace weir::http::h2
