// Text with variables: "https://$host$uri". Compiled once at load; evaluated without allocation but in the arena. Immutable: any thread.
// `$name`, `${name}`, `$header{Name}`, `$response{Name}`, `$cookie{name}`, `$query{name}`, `$0`…`$9` (captures), `$$` for a dollar sign.
// A value that is absent is empty; a header that came in several lines is joined by ", ". Values never carry CR, LF or NUL: the
// codecs refuse them, decoded ones are cleaned (response splitting). Limit: kPartsMax literals and variables.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/facts.h"

namespace weir::http {

enum class Variable : std::uint8_t {
    literal,
    capture,
    header,
    response_header,
    cookie,
    query_parameter,
    // $method $scheme $host (an IPv6 address in brackets) $port $authority (as it came, with its port)
    // $uri (path and query as they came) $path (normalised) $raw_path $query
    method,
    scheme,
    host,
    port,
    authority,
    uri,
    path,
    raw_path,
    query,
    // $version $client_ip $client_port $connection_ip $request_id $site $route $upstream $peer
    version,
    client_ip,
    client_port,
    connection_ip,
    request_id,
    site,
    route,
    upstream,
    peer,
    // $status $upstream_status $tries $reused $upstream_protocol $cache_status $cache_key $tier $encoding $phase $error $error_side
    // $error_detail $complete
    status,
    upstream_status,
    tries,
    reused,
    upstream_protocol,
    cache_status,
    cache_key,
    tier,
    encoding,
    phase,
    error,
    error_side,
    error_detail,
    complete,
    // of the client's connection: $tls_version … $tls_client_fingerprint $ja3 $ja4
    tls_version,
    tls_cipher,
    tls_group,
    tls_protocol,
    tls_server_name,
    tls_resumed,
    tls_early_data,
    tls_client_verified,
    tls_client_subject,
    tls_client_issuer,
    tls_client_serial,
    tls_client_fingerprint,
    ja3,
    ja4,
    // octets: $request_octets $request_body_octets $reply_octets $reply_body_octets
    request_octets,
    request_body_octets,
    reply_octets,
    reply_body_octets,
    // milliseconds with three decimals, empty when it never came so far: $time_total $time_request (head) $time_queue $time_connect
    // $time_first_byte $time_body
    time_total,
    time_request,
    time_queue,
    time_connect,
    time_first_byte,
    time_body,
    // $time_iso8601 $time_local (as in the combined format) $time_unix $connection $connection_requests
    time_iso8601,
    time_local,
    time_unix,
    connection,
    connection_requests,
};

struct TemplatePart {
    Variable variable = Variable::literal;
    std::uint8_t capture = 0;
    std::string name;  // of a header, cookie, parameter; the text of a literal
    FieldId id = FieldId::other;
};

class Template {
public:
    struct Fault {
        std::size_t offset = 0;  // in the text, for the caret
        std::size_t length = 1;
        std::string message;  // "unknown variable '$hots'; did you mean '$host'?"
    };
    static std::expected<Template, Fault> compile(std::string_view text);

    static constexpr std::size_t kPartsMax = 128;

    Template() = default;
    bool is_literal() const { return parts_.empty() || (parts_.size() == 1 && parts_[0].variable == Variable::literal); }
    bool empty() const { return parts_.empty(); }
    std::string_view evaluate(const Facts& facts, Arena& arena) const;
    // For text inside a format: `escape` is applied to each variable's value (HTML, JSON), never to literals.
    std::string_view evaluate(const Facts& facts, Arena& arena, std::string_view (*escape)(std::string_view, Arena&)) const;
    // For a URI: values that are no URI text (headers, cookies, decoded parameters …) are percent-encoded, and no value can become
    // or lengthen the host that the literals name: "https://example.com$1" with ".evil.test" gives "https://example.com/.evil.test"
    // (open redirect).
    std::string_view evaluate_uri(const Facts& facts, Arena& arena) const;
    // Appends; for log lines. `escape` is applied to each variable's value (JSON, quotes), never to literals.
    void append(const Facts& facts, std::string& out, void (*escape)(std::string_view, std::string&) = nullptr) const;
    const std::string& text() const { return text_; }
    bool uses(Variable variable) const;
    // The first part, for what depends on how a text begins; Variable::literal when empty.
    Variable first_variable() const { return parts_.empty() ? Variable::literal : parts_[0].variable; }
    // What precedes the first variable, "$$" already a dollar sign.
    std::string_view literal_prefix() const;

private:
    friend class TemplateParser;
    std::string text_;
    std::vector<TemplatePart> parts_;
};

// Control octets but a tab as spaces: what may stand in a field value (RFC 9110 5.5). The text itself when it has none.
std::string_view without_controls(std::string_view text, Arena& arena);

// Names for did-you-mean, completion and the manual.
struct VariableName {
    std::string_view name;
    Variable variable;
    std::string_view help;
};
std::span<const VariableName> variable_names();

}  // namespace weir::http
