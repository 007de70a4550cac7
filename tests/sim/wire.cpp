#include "sim/wire.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "io/worker.h"

namespace weir::sim {
namespace {

void add_field(std::map<std::string, std::string>& fields, std::string_view line, bool& is_well_formed) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
        is_well_formed = false;
        return;
    }
    auto& value = fields[lower(line.substr(0, colon))];
    if (!value.empty()) value += ", ";
    value += trim(line.substr(colon + 1));
}

}  // namespace

int Message::status() const { return start_line.size() > 12 ? parse_decimal<int>(start_line.substr(9, 3)).value_or(0) : 0; }

std::string Message::target() const {
    const auto first = start_line.find(' ');
    const auto second = start_line.find(' ', first + 1);
    return second == std::string::npos ? "" : start_line.substr(first + 1, second - first - 1);
}

io::Task<bool> Wire::write(std::string octets) {
    // One writer at a time: who comes while another writes leaves its octets to that one.
    pending_ += octets;
    if (is_writing_) co_return true;
    is_writing_ = true;
    while (!pending_.empty() && !failed_) {
        const auto now = std::exchange(pending_, {});
        iovec part = net::iovec_of(now);
        const auto written = co_await net::write_all(*stream_, {&part, 1}, {until_, nullptr}, std::chrono::hours(1), Side::client);
        failed_ |= !written;
    }
    is_writing_ = false;
    co_return !failed_;
}

io::Task<bool> Wire::read_more() {
    char room[8192];
    for (;;) {
        const auto count = stream_->read(room);
        if (count.is_some()) {
            buffer_.append(room, count.octets());
            co_return true;
        }
        if (!count.is_blocked()) {
            ended_ = true;
            failed_ |= count.is_failed();
            co_return false;
        }
        const auto ready = co_await stream_->readable({until_, nullptr});
        if (!ready) {
            ended_ = failed_ = true;
            co_return false;
        }
    }
}

io::Task<std::optional<std::string>> Wire::read_line() {
    for (;;) {
        const auto end = buffer_.find("\r\n");
        if (end != std::string::npos) {
            auto line = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            co_return line;
        }
        const bool more = co_await read_more();
        if (!more) co_return std::nullopt;
    }
}

io::Task<std::optional<Message>> Wire::read_head() {
    Message message;
    auto first = co_await read_line();
    if (!first) co_return std::nullopt;
    message.start_line = *first;
    for (;;) {
        const auto line = co_await read_line();
        if (!line) co_return std::nullopt;
        if (line->empty()) co_return message;
        add_field(message.fields, *line, message.is_well_formed);
    }
}

io::Task<std::string> Wire::read_octets(std::size_t count) {
    for (bool more = true; more && buffer_.size() < count;) more = co_await read_more();
    auto octets = buffer_.substr(0, count);
    buffer_.erase(0, octets.size());
    co_return octets;
}

io::Task<> Wire::read_chunked(Message& message) {
    for (;;) {
        const auto line = co_await read_line();
        if (!line) co_return;
        const auto size = std::strtoull(line->c_str(), nullptr, 16);
        if (size == 0) break;
        const auto octets = co_await read_octets(size + 2);
        if (octets.size() != size + 2 || !octets.ends_with("\r\n")) co_return;
        message.body.append(octets, 0, size);
    }
    for (;;) {
        const auto line = co_await read_line();
        if (!line) co_return;
        if (line->empty()) break;
        add_field(message.trailers, *line, message.is_well_formed);
    }
    message.is_whole = true;
}

io::Task<> Wire::read_body(Message& message, bool may_close) {
    const bool has_length = message.has("content-length");
    if (message.has("transfer-encoding")) {
        message.is_well_formed &= !has_length && message.fields["transfer-encoding"] == "chunked";
        co_await read_chunked(message);
    } else if (has_length) {
        const auto length = parse_decimal<std::size_t>(message.fields["content-length"]);
        message.is_well_formed &= length.has_value();
        message.body = co_await read_octets(length.value_or(0));
        message.is_whole = message.body.size() == length.value_or(0);
    } else if (may_close) {
        message.body = co_await read_octets(~std::size_t{0});
        message.is_whole = !failed_;
    } else {
        message.is_whole = true;
    }
}

std::string chunked_text(std::string_view octets, std::size_t chunk_max, bool with_trailers) {
    std::string text;
    while (!octets.empty()) {
        const auto size = std::min(octets.size(), chunk_max);
        char head[32];
        text.append(head, static_cast<std::size_t>(std::snprintf(head, sizeof head, "%zx\r\n", size)));
        text.append(octets.substr(0, size));
        text += "\r\n";
        octets.remove_prefix(size);
    }
    return text + (with_trailers ? "0\r\nX-Checksum: right\r\n\r\n" : "0\r\n\r\n");
}

}  // namespace weir::sim
