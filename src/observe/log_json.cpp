// One JSON object a line; members that have no value are left out. The members are named like the variables of templates.
#include "base/escape.h"
#include "http/fields.h"
#include "http/message.h"
#include "observe/line_writer.h"
#include "observe/log_format.h"
#include "observe/masked_url.h"
#include "observe/timing.h"
#include "tls/facts.h"

namespace weir::observe {
namespace {

using http::FieldId;

constexpr std::size_t kTextsMax = 27;
constexpr std::size_t kNumbersMax = 20;
constexpr std::size_t kNamesOctets = 840;  // all names with their quotes and commas
constexpr std::size_t kFixedOctets =
    kNamesOctets + kTextsMax * kEscapeSlack + kNumbersMax * kMillisecondsOctetsMax + 2 * net::kIpTextMax + LogClock::kIsoOctets + 64;

// Writes members one after the other; each but the first with a comma before it. `name` comes as it stands in the line: `,"uri":"`.
struct Members {
    char* out;

    // One of our own words: nothing to escape.
    [[gnu::always_inline]] void word(std::string_view name, std::string_view value) { *(out = put(put(out, name), value)) = '"', ++out; }
    [[gnu::always_inline]] void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        *(out = write_json_text(value, put(out, name))) = '"';
        ++out;
    }
    [[gnu::always_inline]] void url(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        *(out = write_masked_url(value, put(out, name), write_json_text)) = '"';
        ++out;
    }
    [[gnu::always_inline]] void ip(std::string_view name, const net::Ip& value) {
        if (value.family == net::Family::none) return;
        out = put(out, name);
        out += value.write(out);
        *out++ = '"';
    }
    [[gnu::always_inline]] void number(std::string_view name, std::uint64_t value) { out = put_number(put(out, name), value); }
    [[gnu::always_inline]] void number_if_any(std::string_view name, std::uint64_t value) {
        if (value != 0) number(name, value);
    }
    [[gnu::always_inline]] void milliseconds(std::string_view name, Duration value) {
        if (value != kNoSpan) out = put_milliseconds(put(out, name), value);
    }
    [[gnu::always_inline]] void truth(std::string_view name, bool value) { out = put(put(out, name), value ? "true" : "false"); }
};

void put_client(Members& members, const http::Facts& facts) {
    members.text(",\"request_id\":\"", facts.request_id);
    members.ip(",\"client_ip\":\"", facts.client);
    members.number_if_any(",\"client_port\":", facts.client_port);
    if (facts.connection_peer != facts.client) members.ip(",\"connection_ip\":\"", facts.connection_peer);
    members.number(",\"connection\":", facts.connection_serial);
    members.number(",\"connection_requests\":", facts.request_on_connection);
}

void put_request(Members& members, const http::Facts& facts) {
    const auto* request = facts.request;
    if (request != nullptr) members.text(",\"method\":\"", request->method_name);
    members.word(",\"scheme\":\"", http::name_of(facts.scheme));
    members.text(",\"host\":\"", facts.host);
    members.number_if_any(",\"port\":", facts.port);
    if (request == nullptr) return;
    members.url(",\"uri\":\"", request->target);
    if (!request->method_name.empty()) members.word(",\"version\":\"", http::name_of(request->version));
    members.url(",\"referer\":\"", request->fields.value(FieldId::referer));
    members.text(",\"user_agent\":\"", request->fields.value(FieldId::user_agent));
}

void put_tls(Members& members, const tls::ConnectionFacts& tls) {
    members.text(",\"tls_version\":\"", tls.version);
    members.text(",\"tls_cipher\":\"", tls.cipher);
    members.text(",\"tls_server_name\":\"", tls.server_name);
    members.text(",\"tls_client_subject\":\"", tls.client_subject);
    members.text(",\"ja4\":\"", tls.ja4);
    if (tls.is_resumed) members.truth(",\"tls_resumed\":", true);
}

void put_result(Members& members, const http::Facts& facts) {
    members.number(",\"status\":", facts.status);
    members.number_if_any(",\"upstream_status\":", facts.upstream_status);
    members.number(",\"request_octets\":", facts.request_octets);
    members.number(",\"request_body_octets\":", facts.request_body_octets);
    members.number(",\"reply_octets\":", facts.reply_octets);
    members.number(",\"reply_body_octets\":", facts.reply_body_octets);
    members.truth(",\"complete\":", facts.is_complete);
    members.word(",\"phase\":\"", http::name_of(facts.phase));
    if (!facts.has_error) return;
    members.word(",\"error\":\"", word_of(facts.error));
    members.word(",\"error_side\":\"", word_of(facts.error_side));
    members.text(",\"error_detail\":\"", facts.error_detail);
}

void put_way(Members& members, const http::Facts& facts) {
    members.text(",\"site\":\"", facts.site);
    members.text(",\"route\":\"", facts.route);
    if (facts.cache != http::CacheUse::none) members.word(",\"cache_status\":\"", http::word_of(facts.cache));
    if (facts.encoding != http::Coding::identity) members.word(",\"encoding\":\"", http::name_of(facts.encoding));
    members.text(",\"upstream\":\"", facts.upstream);
    if (facts.tries == 0) return;
    members.text(",\"peer\":\"", facts.peer);
    members.number(",\"tries\":", facts.tries);
    if (facts.is_peer_parent) members.word(",\"tier\":\"", "parent");
    members.truth(",\"reused\":", facts.reused_connection);
    members.word(",\"upstream_protocol\":\"", http::name_of(facts.is_peer_h2 ? http::Version::http2 : http::Version::http11));
}

void put_times(Members& members, const http::Moments& at) {
    members.milliseconds(",\"time_total\":", total_time(at));
    members.milliseconds(",\"time_request\":", request_time(at));
    members.milliseconds(",\"time_queue\":", queue_time(at));
    members.milliseconds(",\"time_connect\":", connect_time(at));
    members.milliseconds(",\"time_first_byte\":", first_byte_time(at));
    members.milliseconds(",\"time_body\":", body_time(at));
}

}  // namespace

std::size_t json_octets_max(const http::Facts& facts) {
    auto octets = facts.request_id.size() + facts.host.size() + facts.site.size() + facts.route.size() + facts.upstream.size() +
                  facts.peer.size() + facts.error_detail.size();
    if (const auto* request = facts.request; request != nullptr) {
        octets += request->method_name.size() + request->target.size();
        octets += request->fields.value(FieldId::referer).size() + request->fields.value(FieldId::user_agent).size();
    }
    if (const auto* tls = facts.tls; tls != nullptr)
        octets += tls->version.size() + tls->cipher.size() + tls->server_name.size() + tls->client_subject.size() + tls->ja4.size();
    return octets * kJsonGrowthMax + kFixedOctets;
}

char* write_json(const http::Facts& facts, LogClock& clock, char* out) {
    Members members{.out = put(clock.put_iso(put(out, "{\"time\":\""), facts.started), "\"")};
    put_client(members, facts);
    put_request(members, facts);
    if (facts.tls != nullptr) put_tls(members, *facts.tls);
    put_result(members, facts);
    put_way(members, facts);
    put_times(members, facts.at);
    return put(members.out, "}\n");
}

}  // namespace weir::observe
