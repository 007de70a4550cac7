// Error pages: what a person or a program reads when Weir can't give them what they asked for.
#include <algorithm>
#include <array>
#include <charconv>

#include "filter/accept.h"
#include "filter/escape.h"
#include "filter/respond.h"

namespace weir::filter {
namespace {

struct Sentence {
    std::uint16_t status;
    std::string_view text;
};

constexpr std::array kSentences = std::to_array<Sentence>({
    {400, "The request could not be understood."},
    {401, "You need to sign in to see this."},
    {403, "You are not allowed to see this."},
    {404, "There is nothing at this address."},
    {405, "This address does not take this kind of request."},
    {408, "The request took too long to arrive."},
    {413, "What was sent is larger than this site accepts."},
    {414, "The address is longer than this site accepts."},
    {417, "The request expects something that this site does not do."},
    {421, "This address belongs to another connection. Loading it again helps."},
    {429, "There were too many requests. Please wait a moment and try again."},
    {431, "The request carries more headers than this site accepts. Deleting its cookies often helps."},
    {500, "Something went wrong on our side. Trying again later may help."},
    {501, "This site does not support this kind of request."},
    {502, "The site's server gave no usable answer. Please try again in a moment."},
    {503, "The site is not available right now. Please try again in a moment."},
    {504, "The site's server took too long to answer. Please try again in a moment."},
    {505, "This version of HTTP is not supported."},
});

std::string_view sentence_of(std::uint16_t status) {
    const auto* found = std::ranges::find(kSentences, status, &Sentence::status);
    if (found != kSentences.end()) return found->text;
    return status >= 500 ? "The request could not be completed." : "The request was refused.";
}

std::string_view title_of(std::uint16_t status) {
    const auto reason = http::reason_of(status);
    return reason.empty() ? "Error" : reason;
}

// What a page says, in text that needs no escaping but the request's identifier.
struct Words {
    std::string_view number;
    std::string_view title;
    std::string_view sentence;
    std::string_view id;
};

Words words_for(std::uint16_t status, const http::Facts& facts, Arena& arena) {
    std::array<char, 8> digits{};
    const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
    const auto number = arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
    return {.number = number, .title = title_of(status), .sentence = sentence_of(status), .id = facts.request_id};
}

// Complete in itself: no script, no font, no picture to load; follows the reader's choice of dark or light.
constexpr std::string_view kStyle =
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta name=\"robots\" content=\"noindex\">"
    "<style>"
    ":root{color-scheme:light dark;--ink:#1c2733;--dim:#5b6b7a;--paper:#f6f8fa;--line:#2f81b7}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4eaf0;--dim:#93a1af;--paper:#12181f;--line:#58a6d6}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:2rem;background:var(--paper);color:var(--ink);"
    "font:1.0625rem/1.6 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",sans-serif}"
    "main{width:100%;max-width:32rem;border-top:.25rem solid var(--line);padding-top:1.5rem}"
    "b{display:block;font-size:clamp(3rem,14vw,4.5rem);line-height:1;font-weight:700;letter-spacing:-.03em;color:var(--line);"
    "font-variant-numeric:tabular-nums}"
    "h1{margin:.75rem 0 .25rem;font-size:1.375rem;line-height:1.3;font-weight:600}"
    "p{margin:0 0 1rem}"
    "small{color:var(--dim);font-size:.8125rem}"
    "code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere;user-select:all}"
    "</style>";

std::string_view html_page(const Words& words, Arena& arena) {
    const auto id =
        words.id.empty() ? std::string_view{} : arena.concat({"<small>Request <code>", escape_html(words.id, arena), "</code></small>"});
    return arena.concat({"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>", words.number, " ", words.title,
                         "</title>", kStyle, "</head><body><main><b>", words.number, "</b><h1>", words.title, "</h1><p>", words.sentence,
                         "</p>", id, "</main></body></html>\n"});
}

// Members of a problem document (RFC 9457 3.1).
std::string_view json_page(const Words& words, Arena& arena) {
    const auto id = words.id.empty() ? std::string_view{} : arena.concat({",\"request_id\":\"", escape_json(words.id, arena), "\""});
    return arena.concat({"{\"status\":", words.number, ",\"title\":\"", words.title, "\",\"detail\":\"", words.sentence, "\"", id, "}\n"});
}

std::string_view text_page(const Words& words, Arena& arena) {
    const auto id = words.id.empty() ? std::string_view{} : arena.concat({"request ", words.id, "\n"});
    return arena.concat({words.number, " ", words.title, "\n", words.sentence, "\n", id});
}

void fill_own(const http::Facts& facts, Arena& arena, MadeReply& reply) {
    const auto words = words_for(reply.status, facts, arena);
    const auto accept = facts.request == nullptr ? std::string_view{} : facts.request->fields.joined(http::FieldId::accept);
    switch (preferred_form(accept)) {
        case PageForm::html:
            reply.content_type = "text/html; charset=utf-8";
            reply.body = html_page(words, arena);
            return;
        case PageForm::json:
        case PageForm::problem_json:
            reply.content_type = preferred_form(accept) == PageForm::json ? "application/json" : "application/problem+json";
            reply.body = json_page(words, arena);
            return;
        case PageForm::text:
            reply.content_type = "text/plain; charset=utf-8";
            reply.body = text_page(words, arena);
            return;
    }
}

std::string_view type_of(const ErrorPage& page) {
    if (!page.content_type.empty()) return page.content_type;
    if (!page.file.empty()) return content_type_of(page.file);
    const auto begin = page.body.text().find_first_not_of(" \t\r\n");
    if (begin == std::string::npos) return "text/plain; charset=utf-8";
    if (page.body.text()[begin] == '<') return "text/html; charset=utf-8";
    return page.body.text()[begin] == '{' ? "application/json" : "text/plain; charset=utf-8";
}

bool covers(const ErrorPage& page, std::uint16_t status) {
    return page.statuses.empty() ? status >= 400 : std::ranges::find(page.statuses, status) != page.statuses.end();
}

}  // namespace

MadeReply error_reply(std::uint16_t status, const ErrorPages& pages, const http::Facts& facts, Arena& arena) {
    MadeReply reply{.status = status};
    if (status == 429 || status == 503) reply.retry_after_s = kRetryAfterSeconds;
    // RFC 9110 15.5.6: a 405 says what is allowed; CONNECT and TRACE are what Weir itself refuses.
    if (status == 405) reply.allow = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";
    const auto page = std::ranges::find_if(pages, [status](const ErrorPage& one) { return covers(one, status); });
    if (page == pages.end()) {
        fill_own(facts, arena, reply);
        return reply;
    }
    reply.content_type = type_of(*page);
    if (!page->file.empty()) {
        reply.body = page->file_octets.view();
        return reply;
    }
    auto known = facts;
    known.status = status;  // "$status" of a page is the one it is shown for
    reply.body = page->body.evaluate(known, arena, escape_for(reply.content_type));
    return reply;
}

}  // namespace weir::filter
