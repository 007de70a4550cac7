// Wire: messages read and written the naive way, over a stream of the simulated world. It trusts nothing it reads: what is not plainly
// one message is no message.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/task.h"
#include "net/stream.h"

namespace weir::sim {

struct Message {
    std::string start_line;
    std::map<std::string, std::string> fields;  // names in lower case; several values joined by ", "
    std::map<std::string, std::string> trailers;
    std::string body;
    bool is_whole = false;  // its end was a clean one
    bool is_well_formed = true;

    int status() const;
    std::string method() const { return start_line.substr(0, start_line.find(' ')); }
    std::string target() const;
    bool has(const std::string& name) const { return fields.contains(name); }
};

class Wire {
public:
    explicit Wire(std::unique_ptr<net::Stream> stream, TimePoint until) : stream_(std::move(stream)), until_(until) {}

    io::Task<bool> write(std::string octets);
    // Up to the empty line behind the head; nullopt when the stream ended before.
    io::Task<std::optional<Message>> read_head();
    // The body of the message. `may_close`: its end may be the stream's end (an answer without a length).
    io::Task<> read_body(Message& message, bool may_close);
    // Octets until the end of the stream, or that many.
    io::Task<std::string> read_octets(std::size_t count);
    bool has_ended() const { return ended_; }
    bool has_failed() const { return failed_; }
    net::Stream& stream() { return *stream_; }
    const std::string& buffered() const { return buffer_; }

private:
    io::Task<bool> read_more();
    io::Task<> read_chunked(Message& message);
    io::Task<std::optional<std::string>> read_line();

    std::unique_ptr<net::Stream> stream_;
    TimePoint until_;
    std::string buffer_;
    std::string pending_;
    bool is_writing_ = false;
    bool ended_ = false;
    bool failed_ = false;
};

// "Transfer-Encoding: chunked" body text in chunks of drawn sizes.
std::string chunked_text(std::string_view octets, std::size_t chunk_max, bool with_trailers);

}  // namespace weir::sim
