#include "filter/headers.h"

#include <gtest/gtest.h>

namespace weir::filter {
namespace {

using Kind = HeaderEdit::Kind;

struct Edit {
    Kind kind;
    const char* name;
    const char* value;
};

// The fields after the edits, "name: value" joined by "|".
std::string edited(std::initializer_list<Edit> edits) {
    Arena arena;
    http::Request request(arena);
    request.target = "/?x=a%0d%0aB:%20c";
    http::Facts facts;
    facts.request = &request;
    facts.target = *http::parse_target(request.target, {}, arena);
    facts.request_id = "id1";
    request.fields.add("Server", "nginx");
    request.fields.add("X-A", "1");
    request.fields.add("x-a", "2");
    HeaderEdits made;
    for (const auto& edit : edits) made.push_back({.kind = edit.kind, .name = edit.name, .value = *http::Template::compile(edit.value)});
    apply(made, facts, request.fields);
    std::string out;
    for (const auto& field : request.fields) out += std::string(field.name) + ": " + std::string(field.value) + "|";
    return out;
}

TEST(Headers, EditsInTheOrderWritten) {
    struct {
        std::initializer_list<Edit> edits;
        const char* fields;
    } const cases[] = {
        {{}, "Server: nginx|X-A: 1|x-a: 2|"},
        {{{Kind::remove, "server", ""}}, "X-A: 1|x-a: 2|"},
        {{{Kind::set, "X-A", "3"}}, "Server: nginx|X-A: 3|"},
        {{{Kind::add, "X-A", "3"}}, "Server: nginx|X-A: 1|x-a: 2|X-A: 3|"},
        {{{Kind::remove, "X-A", ""}, {Kind::add, "X-B", "$request_id"}}, "Server: nginx|X-B: id1|"},
        {{{Kind::set, "X-B", "$header{X-A}"}}, "Server: nginx|X-A: 1|x-a: 2|X-B: 1, 2|"},
        {{{Kind::set, "X-A", "$header{None}"}}, "Server: nginx|"},  // all absent: no header
        {{{Kind::add, "X-A", "$header{None}"}}, "Server: nginx|X-A: 1|x-a: 2|"},
        {{{Kind::set, "X-A", ""}}, "Server: nginx|X-A: |"},                  // written as empty
        {{{Kind::set, "X-A", "$query{x}"}}, "Server: nginx|X-A: a  B: c|"},  // response splitting
        {{{Kind::set, "X-A", " $request_id "}}, "Server: nginx|X-A: id1|"},
    };
    for (const auto& [edits, fields] : cases) EXPECT_EQ(edited(edits), fields);
}

TEST(Headers, FramingAndNonsenseCannotBeEdited) {
    for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION", "Keep-Alive", "TE", "Trailer", "Upgrade", "Host",
                             "Expect", "CDN-Loop", "Proxy-Connection", "HTTP2-Settings", "", "a b", "a:", ":path", "a\r\nb"})
        EXPECT_FALSE(is_editable(name)) << name;
    for (const char* name : {"X-A", "Server", "Set-Cookie", "Authorization", "X-Forwarded-For", "Cache-Control"})
        EXPECT_TRUE(is_editable(name)) << name;
}

}  // namespace
}  // namespace weir::filter
