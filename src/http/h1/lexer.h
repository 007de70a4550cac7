// The grammar of HTTP/1 heads (RFC 9112 2 to 5), octet by octet from left to right: the first octet that cannot stand where it stands is
// the fault, whether the octets come at once or one by one. Knows lines and names, nothing of what they mean (http/semantics.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "http/fault.h"
#include "http/h1/scan_block.h"
#include "http/message.h"

namespace weir::http::h1 {

struct HeadLimits {
    std::uint32_t request_line_max = 8 * 1024;   // octets; above: 414
    std::uint32_t header_count_max = 100;        // field lines; above: 431
    std::uint32_t header_bytes_max = 32 * 1024;  // the whole head; above: 431
};

enum class ParseState : std::uint8_t { need_more, done, bad };

enum class Part : std::uint8_t { start, method, target, version, status, reason, line, name, value };

// Where lexing stopped for want of octets. Offsets: the buffer may move.
struct LexPosition {
    std::uint32_t at = 0;  // octets looked at
    std::uint32_t line_start = 0;
    std::uint32_t part_start = 0;  // of the target, the version or the value
    std::uint32_t lines = 0;       // field lines begun
    std::uint8_t empty_lines = 0;
    Part part = Part::start;
};

// Why this octet ends a part too early.
Fault fault_in_start_line(char octet);
Fault fault_in_target(char octet);
Fault fault_in_name(char octet, bool is_first);
Fault fault_in_value(char octet);

// Sink: method(text), target(text), version(Version), status(number), reason(text), field(name, value, is_line).
template <class Sink>
class Lexer {
public:
    Lexer(std::string_view buffer, const HeadLimits& limits, LexPosition& position, Sink& sink)
        : whole_(buffer.substr(0, limits.header_bytes_max)), text_(whole_), limits_(limits), position_(position), sink_(sink) {}

    ParseState request() {
        if (position_.part < Part::line && !request_line()) return state_;
        return fields();
    }
    ParseState response() {
        if (position_.part < Part::line && !status_line()) return state_;
        return fields();
    }
    const Fault& fault() const { return fault_; }

private:
    static constexpr std::size_t kMethodMax = 32;
    static constexpr int kEmptyLinesMax = 2;
    static constexpr std::string_view kVersionForm = "HTTP/0.0";
    static constexpr std::string_view kHttp11 = "HTTP/1.1";
    static constexpr std::string_view kLineEnd = "\r\n";
    static constexpr std::size_t kShortestRest = 1 + kLineEnd.size();  // of a field line: its colon and its end

    bool stop(Fault fault) {
        state_ = ParseState::bad;
        fault_ = fault;
        return false;
    }
    // No octets left: either more may come, or a limit cut them off.
    bool run_out(std::size_t at) {
        position_.at = static_cast<std::uint32_t>(at);
        state_ = ParseState::need_more;
        if (text_.size() == line_cap_) return stop({ErrorCode::uri_too_long, "start line longer than request_line_max"});
        if (text_.size() >= limits_.header_bytes_max) return stop({ErrorCode::fields_too_large, "head longer than header_bytes_max"});
        return false;
    }
    void move_on(Part part, std::size_t at) {
        position_.part = part;
        position_.at = position_.part_start = static_cast<std::uint32_t>(at);
    }

    bool request_line() {
        if (position_.part == Part::start && !skip_empty_lines()) return false;
        clip_to_start_line();
        if (position_.part == Part::method && !method()) return false;
        if (position_.part == Part::target && !target()) return false;
        if (!version(position_.part_start)) return false;
        return end_start_line(position_.part_start + kVersionForm.size());
    }

    bool status_line() {
        if (position_.part == Part::start) {
            if (text_.empty()) return run_out(0);
            move_on(Part::version, 0);
        }
        clip_to_start_line();
        if (position_.part == Part::version && !(version(0) && status())) return false;
        const auto end = value_end(text_, position_.at);
        if (end == text_.size()) return run_out(end);
        sink_.reason(text_.substr(position_.part_start, end - position_.part_start));
        if (!is_line_end(text_[end])) return stop(fault_in_value(text_[end]));
        return end_start_line(end);
    }

    void clip_to_start_line() {
        line_cap_ = std::size_t{position_.line_start} + limits_.request_line_max;
        text_ = whole_.substr(0, line_cap_);
    }

    // RFC 9112 2.2: some clients send an empty line after a body.
    bool skip_empty_lines() {
        std::size_t at = position_.at;
        while (at < text_.size() && text_[at] == '\r') {
            if (at + 1 == text_.size()) return run_out(at);
            if (text_[at + 1] != '\n') return stop({ErrorCode::malformed, "bare CR"});
            if (++position_.empty_lines > kEmptyLinesMax) return stop({ErrorCode::malformed, "empty lines before the request line"});
            at += 2;
            position_.at = static_cast<std::uint32_t>(at);
        }
        if (at == text_.size()) return run_out(at);
        constexpr char kTlsHandshake = 0x16;
        if (text_[at] == kTlsHandshake) return stop({ErrorCode::malformed, "TLS handshake on a plain port"});
        position_.line_start = static_cast<std::uint32_t>(at);
        move_on(Part::method, at);
        return true;
    }

    bool method() {
        const std::size_t start = position_.line_start;
        const auto bounded = text_.substr(0, start + kMethodMax + 1);
        const auto end = token_end(bounded, position_.at);
        if (end > start + kMethodMax) return stop({ErrorCode::malformed, "method longer than 32 octets"});
        if (end == text_.size()) return run_out(end);
        if (text_[end] != ' ' || end == start) return stop(fault_in_start_line(text_[end]));
        sink_.method(text_.substr(start, end - start));
        move_on(Part::target, end + 1);
        return true;
    }

    bool target() {
        const std::size_t start = position_.part_start;
        const auto end = target_end(text_, position_.at);
        if (end == text_.size()) return run_out(end);
        if (text_[end] != ' ') return stop(fault_in_target(text_[end]));
        if (end == start) return stop({ErrorCode::malformed, "extra space in the request line"});
        sink_.target(text_.substr(start, end - start));
        move_on(Part::version, end + 1);
        return true;
    }

    // HTTP-version (RFC 9112 2.3): upper case, one digit on each side of the dot.
    bool version(std::size_t at) {
        const auto came = text_.substr(at, kVersionForm.size());
        if (came.size() == kHttp11.size() && std::memcmp(came.data(), kHttp11.data(), kHttp11.size()) == 0) [[likely]] {
            sink_.version(Version::http11);
            return true;
        }
        for (std::size_t i = 0; i < came.size(); ++i) {
            const bool fits = kVersionForm[i] == '0' ? is_digit(came[i]) : came[i] == kVersionForm[i];
            if (!fits) return stop({ErrorCode::malformed, "malformed HTTP version"});
        }
        if (came.size() < kVersionForm.size()) return run_out(at);
        if (!came.starts_with("HTTP/1.")) return stop(unsupported_version());
        // RFC 9110 6.2: a higher minor version is read as the highest one known.
        sink_.version(came.back() == '0' ? Version::http10 : Version::http11);
        return true;
    }

    Fault unsupported_version() const {
        if (text_.substr(position_.line_start).starts_with("PRI * HTTP/2.0"))
            return {ErrorCode::unsupported_version, "HTTP/2 preface on an HTTP/1 connection"};
        return {ErrorCode::unsupported_version, "HTTP version other than 1.x"};
    }

    // SP 3DIGIT, then SP and a reason, or the line's end: many servers leave out the space too.
    bool status() {
        constexpr std::size_t kOctets = 4;
        const auto start = kVersionForm.size();
        const auto came = text_.substr(start, kOctets);
        for (std::size_t i = 0; i < came.size(); ++i)
            if (i == 0 ? came[i] != ' ' : !is_digit(came[i])) return stop({ErrorCode::malformed, "malformed status code"});
        if (text_.size() <= start + kOctets) return run_out(start);
        const unsigned number = (came[1] - '0') * 100U + (came[2] - '0') * 10U + (came[3] - '0');
        if (number < 100 || number > 599) return stop({ErrorCode::malformed, "status code outside 100 to 599"});
        sink_.status(static_cast<std::uint16_t>(number));
        const char next = text_[start + kOctets];
        if (next != ' ' && next != '\r') return stop({ErrorCode::malformed, "malformed status code"});
        move_on(Part::reason, start + kOctets + (next == ' ' ? 1 : 0));
        return true;
    }

    bool end_start_line(std::size_t at) {
        if (at == text_.size()) return run_out(at);
        if (!is_line_end(text_[at])) return stop(fault_in_start_line(text_[at]));
        if (!line_end(at)) return false;
        position_.at = static_cast<std::uint32_t>(at + 2);
        position_.part = Part::line;
        text_ = whole_;
        line_cap_ = kNoCap;
        return true;
    }

    static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

    // CRLF only (RFC 9112 2.2 would let a lone LF end a line; two parsers that differ there can be played against each other).
    bool line_end(std::size_t at) {
        if (text_[at] == '\n') return stop({ErrorCode::malformed, "bare LF"});
        if (at + 1 == text_.size()) return run_out(at);
        return text_[at + 1] == '\n' || stop({ErrorCode::malformed, "bare CR"});
    }

    ParseState fields() {
        if (position_.part == Part::line) whole_lines();
        while ((position_.part != Part::line || begin_line()) && (position_.part != Part::name || name()) && value()) {}
        return state_;
    }

    // The quick way over good lines that are there as a whole. Stops before the first that is anything else; what that is, the slow
    // way below finds out.
    void whole_lines() {
        const auto text = text_;
        std::size_t at = position_.at;
        auto lines = position_.lines;
        for (; lines < limits_.header_count_max; ++lines) {
            const auto colon = token_end(text, at);
            if (text.size() - colon < kShortestRest || text[colon] != ':' || colon == at) break;
            const bool has_space = text[colon + 1] == ' ';
            const auto start = colon + (has_space ? 2 : 1);
            const auto end = value_end(text, start);
            if (text.size() - end < kLineEnd.size() || std::memcmp(text.data() + end, kLineEnd.data(), kLineEnd.size()) != 0) break;
            // Not substr(): these offsets are known to be inside.
            std::string_view value(text.data() + start, end - start);
            const bool has_more_space = !value.empty() && (value.front() <= ' ' || value.back() <= ' ');
            if (has_more_space) [[unlikely]]
                value = trim(value);
            sink_.field({text.data() + at, colon - at}, value, has_space && !has_more_space);
            at = end + kLineEnd.size();
        }
        position_.at = static_cast<std::uint32_t>(at);
        position_.lines = lines;
    }

    bool begin_line() {
        const std::size_t at = position_.at;
        if (at == text_.size()) return run_out(at);
        if (text_[at] == '\r') {
            if (!line_end(at)) return false;
            position_.at = static_cast<std::uint32_t>(at + 2);
            state_ = ParseState::done;
            return false;
        }
        if (++position_.lines > limits_.header_count_max) return stop({ErrorCode::fields_too_large, "more fields than header_count_max"});
        position_.line_start = static_cast<std::uint32_t>(at);
        position_.part = Part::name;
        return true;
    }

    bool name() {
        const std::size_t start = position_.line_start;
        const auto end = token_end(text_, position_.at);
        if (end == text_.size()) return run_out(end);
        if (text_[end] != ':' || end == start) return stop(fault_in_name(text_[end], end == start));
        name_ = text_.substr(start, end - start);
        move_on(Part::value, end + 1);
        return true;
    }

    bool value() {
        const std::size_t start = position_.part_start;
        const auto end = value_end(text_, position_.at);
        if (end == text_.size()) return run_out(end);
        if (!is_line_end(text_[end])) return stop(fault_in_value(text_[end]));
        if (!line_end(end)) return false;
        sink_.field(name_, trim(text_.substr(start, end - start)), false);
        position_.at = static_cast<std::uint32_t>(end + 2);
        position_.part = Part::line;
        return true;
    }

    static constexpr std::size_t kNoCap = ~std::size_t{0};

    std::string_view whole_;
    std::string_view text_;  // what may be looked at now: the whole, or the start line's share of it
    std::size_t line_cap_ = kNoCap;
    const HeadLimits& limits_;
    LexPosition& position_;
    Sink& sink_;
    std::string_view name_;
    ParseState state_ = ParseState::need_more;
    Fault fault_;
};

}  // namespace weir::http::h1
