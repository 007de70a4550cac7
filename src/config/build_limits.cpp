// `limits`: what a client may cost.
#include "config/builder.h"

namespace weir::config {

namespace {

using proxy::ClientLimits;

std::uint32_t octets(std::string_view text) { return static_cast<std::uint32_t>(size_of(text)); }

std::uint32_t byte_rate(std::string_view text) { return static_cast<std::uint32_t>(checked(read_byte_rate(text))); }

void read_header_time(Builder&, const Item& item, ClientLimits& into) {
    into.header_time = duration_of(item.text("TIME"));
    into.header_rate_min = byte_rate(item.option_text("rate"));
    into.header_time_max = duration_of(item.option_text("max"));
}

void read_body_rate(Builder&, const Item& item, ClientLimits& into) {
    into.body_rate_min = item.says("off") ? 0 : byte_rate(item.text("BYTERATE"));
    into.body_grace = duration_of(item.option_text("after"));
}

void read_request_line(Builder&, const Item& item, ClientLimits& into) { into.head.request_line_max = octets(item.text("SIZE")); }
void read_header_count(Builder&, const Item& item, ClientLimits& into) {
    into.head.header_count_max = number_of<std::uint32_t>(item.text("N"));
}
void read_header_bytes(Builder&, const Item& item, ClientLimits& into) { into.head.header_bytes_max = octets(item.text("SIZE")); }
void read_send_stall(Builder&, const Item& item, ClientLimits& into) { into.send_stall = duration_of(item.text("TIME")); }
void read_keep_alive(Builder&, const Item& item, ClientLimits& into) { into.keep_alive_idle = duration_of(item.text("TIME")); }
void read_requests(Builder&, const Item& item, ClientLimits& into) {
    into.requests_per_connection = number_of<std::uint32_t>(item.text("N"));
}
void read_streams(Builder&, const Item& item, ClientLimits& into) {
    into.streams_per_connection = number_of<std::uint32_t>(item.text("N"));
}
void read_connections(Builder&, const Item& item, ClientLimits& into) { into.connections_max = number_of<std::uint32_t>(item.text("N")); }
void read_per_client(Builder&, const Item& item, ClientLimits& into) {
    into.connections_per_client = number_of<std::uint32_t>(item.text("N"));
}
void read_half_close(Builder&, const Item& item, ClientLimits& into) { into.half_close_grace = duration_of(item.text("TIME")); }

void read_handshakes(Builder&, const Item& item, ClientLimits& into) {
    into.handshakes_max = number_of<std::uint32_t>(item.text("N"));
    into.handshake_time = duration_of(item.option_text("time"));
}

constexpr Reader<ClientLimits> kReaders[] = {
    {"request_line", read_request_line}, {"header_count", read_header_count},
    {"header_bytes", read_header_bytes}, {"header_time", read_header_time},
    {"body_rate", read_body_rate},       {"send_stall", read_send_stall},
    {"keep_alive", read_keep_alive},     {"requests", read_requests},
    {"connections", read_connections},   {"connections_per_client", read_per_client},
    {"half_close", read_half_close},     {"handshakes", read_handshakes},
    {"streams", read_streams},
};

// A head grows in memory: its bounds are bounded.
void require_sane_head(Builder& builder, const Item& item) {
    constexpr std::uint64_t kHeadMax = 1024 * 1024;
    bool are_in_range = true;
    for (const auto& child : item.children) {
        const auto* size = child.find("SIZE");
        if (size == nullptr) continue;
        const auto value = size_of(size->text);
        if (value >= 256 && value <= kHeadMax) continue;
        builder.diagnostics.error(size->spot, "this size is out of range", "expected a size from 256B to 1MiB");
        are_in_range = false;
    }
    if (are_in_range && builder.limits.head.request_line_max > builder.limits.head.header_bytes_max)
        builder.diagnostics.error(item.spot(), "'request_line' is larger than 'header_bytes', which counts it too",
                                  "make 'header_bytes' larger");
}

}  // namespace

void build_limits(Builder& builder, const Item& item) {
    for (const auto& child : item.children) read_with(kReaders, builder, child, builder.limits);
    require_sane_head(builder, item);
}

}  // namespace weir::config
