// Templates and what is made of them. The first line is the template, the second a target, the rest a value that a client controls.
// Oracles: evaluate() and append() agree; no control octet comes out of variables; a URI's host is the one that the configuration named.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "filter/respond.h"
#include "filter/rewrite.h"
#include "http/octets.h"
#include "http/template.h"

using namespace weir;
using namespace weir::http;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool has_control(std::string_view text) {
    for (const char c : text)
        if (!is_octet(c, kValueOctet)) return true;
    return false;
}

// Everything a client says, as the codec would let it through.
struct Exchange {
    Arena arena;
    Request request{arena};
    std::array<std::string_view, 2> captures;
    Facts facts;

    Exchange(std::string_view target, std::string_view value) {
        const bool passes_codec = std::ranges::all_of(target, [](char c) { return is_octet(c, kTargetOctet); });
        const auto parsed = parse_target(passes_codec ? target : "/", {}, arena);
        target = passes_codec ? target : "/";
        request.target = parsed ? target : "/";
        facts.target = parsed ? *parsed : *parse_target("/", {}, arena);
        const auto clean = without_controls(value, arena);
        request.method_name = "GET";
        request.fields.add("X", clean);
        request.fields.add("X", "second");
        request.fields.add("Cookie", clean);
        captures = {facts.target.path, facts.target.path.substr(facts.target.path.size() / 2)};
        facts.captures = captures;
        facts.request = &request;
        facts.host = "own.test";
        facts.request_id = "id";
    }
};

void check_fault(const Template::Fault& fault, std::string_view text) {
    require(fault.offset < std::max<std::size_t>(1, text.size()) && fault.length >= 1 && !fault.message.empty());
}

void check_values(const Template& made, Exchange& exchange) {
    const auto value = made.evaluate(exchange.facts, exchange.arena);
    std::string appended;
    made.append(exchange.facts, appended);
    require(appended == value);
    require(has_control(made.text()) || !has_control(value));
    made.evaluate_uri(exchange.facts, exchange.arena);
}

// A redirect behind these texts must stay on own.test or on this host, whatever the client says.
void check_redirects(Exchange& exchange) {
    for (const char* text :
         {"https://own.test$1", "https://own.test$header{X}", "$uri", "$1", "$header{X}", "/$1", "$query{q}", "https://own.test$query{q}",
          "https://$host$uri", "//own.test$cookie{c}", "$path", "/$header{X}", "$scheme://own.test$raw_path"}) {
        const filter::Redirect redirect{.status = 302, .to = *Template::compile(text)};
        const auto location = filter::make_reply(redirect, exchange.facts, exchange.arena).location;
        for (const char c : location) require((is_octet(c, kTargetOctet) && c != '\\') || c == '#');
        const auto slashes = location.find("//");
        const auto scheme = location.substr(0, std::min(slashes, location.size()));
        const bool names_host = slashes == 0 || (slashes != std::string_view::npos && scheme.ends_with(':') && !scheme.contains('/'));
        if (!names_host) {
            require(location.starts_with('/'));
            continue;
        }
        const auto rest = location.substr(slashes + 2);
        require(rest.starts_with("own.test") && (rest.size() == 8 || rest[8] == '/' || rest[8] == '?' || rest[8] == '#'));
    }
}

// A rewritten target is one that the parser of a careful origin takes, and it does not climb.
void check_rewrite(const Template& to, Exchange& exchange) {
    for (const auto kind : {filter::Rewrite::Kind::to, filter::Rewrite::Kind::replace, filter::Rewrite::Kind::strip_prefix}) {
        filter::Rewrites rewrites;
        rewrites.push_back({.kind = kind, .from = "/a", .regex = {}, .to = to});
        const auto target = filter::rewritten_target(rewrites, exchange.facts, exchange.arena);
        require(target == exchange.request.target || (target.starts_with('/') && !target.starts_with("//")));
        for (const char c : target) require(is_octet(c, kTargetOctet));
        if (kind != filter::Rewrite::Kind::strip_prefix || target == exchange.request.target) continue;
        const auto parsed = parse_target(target, {}, exchange.arena);
        require(parsed.has_value());
        const auto& path = exchange.facts.target.path;
        require(path.starts_with("/a") && (parsed->path == path.substr(2) || (path.size() == 2 && parsed->path == "/")));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto buffer = std::make_unique<char[]>(size);
    std::string_view rest(buffer.get(), std::string_view(reinterpret_cast<const char*>(data), size).copy(buffer.get(), size));
    const auto text = take_line(rest);
    const auto target = take_line(rest);
    const auto made = Template::compile(text);
    if (!made) check_fault(made.error(), text);
    Exchange exchange(target, rest);
    check_redirects(exchange);
    if (!made) return 0;
    check_values(*made, exchange);
    check_rewrite(*made, exchange);
    return 0;
}
