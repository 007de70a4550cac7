// Text with variables: "https://$host$uri". Compiled once at load; evaluated without allocation but in the arena.
// `$name`, `${name}`, `$header{Name}`, `$response{Name}`, `$cookie{name}`, `$query{name}`, `$1`…`$9` (captures), `$$` for a dollar sign.
// A value that is absent is empty. Values from a request never carry CR, LF or NUL: the codecs refused them; decoded ones are cleaned.
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
    literal, capture, header, response_header, cookie, query_parameter,
    // $method $scheme $host $port $authority $uri (path and query as they came) $path (normalised) $raw_path $query $target
    method, scheme, host, port, authority, uri, path, raw_path, query,
    // $version $client_ip $client_port $connection_ip $request_id $site $route $upstream $peer
    version, client_ip, client_port, connection_ip, request_id, site, route, upstream, peer,
    // $status $upstream_status $tries $reused $phase $error $error_side $error_detail $complete
    status, upstream_status, tries, reused, phase, error, error_side, error_detail, complete,
    // octets: $request_octets $request_body_octets $reply_octets $reply_body_octets
    request_octets, request_body_octets, reply_octets, reply_body_octets,
    // milliseconds with three decimals: $time_total $time_request (head) $time_queue $time_connect $time_first_byte $time_body
    time_total, time_request, time_queue, time_connect, time_first_byte, time_body,
    // $time_iso8601 $time_local (as in the combined format) $time_unix $connection $connection_requests
    time_iso8601, time_local, time_unix, connection, connection_requests,
};

class Template {
public:
    struct Fault {
        std::size_t offset = 0;                  // in the text, for the caret
        std::size_t length = 1;
        std::string message;                     // "unknown variable '$hots'; did you mean '$host'?"
    };
    static std::expected<Template, Fault> compile(std::string_view text);

    Template() = default;
    bool is_literal() const;                     // no variables: evaluate() returns the text itself
    bool empty() const { return parts_.empty(); }
    std::string_view evaluate(const Facts& facts, Arena& arena) const;
    // Appends; for log lines. `escape` is applied to each variable's value (JSON, quotes), never to literals.
    void append(const Facts& facts, std::string& out, void (*escape)(std::string_view, std::string&) = nullptr) const;
    const std::string& text() const { return text_; }
    bool uses(Variable variable) const;

private:
    struct Part {
        Variable variable = Variable::literal;
        std::uint8_t capture = 0;
        std::string name;                        // of a header, cookie, parameter; the text of a literal
        FieldId id = FieldId::other;
    };
    std::string text_;
    std::vector<Part> parts_;
};

// Names for did-you-mean, completion and the manual.
struct VariableName {
    std::string_view name;
    Variable variable;
    std::string_view help;
};
std::span<const VariableName> variable_names();

}  // namespace weir::http
