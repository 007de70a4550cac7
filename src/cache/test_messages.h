// Short words for the room's tests: messages from a few lines of text, and a clock in seconds.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "cache/directives.h"
#include "cache/freshness.h"
#include "http/date.h"
#include "http/message.h"

namespace weir::cache::test {

using Lines = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// 2026-01-01 00:00:00, and seconds after it.
inline WallTime at(double seconds) {
    return WallTime(std::chrono::seconds(1'767'225'600)) + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

inline std::string date(double seconds) {
    std::array<char, http::kDateOctets> out;
    http::write_date(at(seconds), out);
    return {out.data(), out.size()};
}

inline void add(http::Fields& fields, Lines lines) {
    for (const auto& [name, value] : lines) fields.add(fields.arena().copy(name), fields.arena().copy(value));
}

struct Asked {
    explicit Asked(Lines lines = {}, http::Method method = http::Method::get) : request(arena) {
        request.method = method;
        request.method_name = http::name_of(method);
        request.target = "/shop/list?page=2";
        request.authority = request.host = "example.com";
        add(request.fields, lines);
    }
    Arena arena;
    http::Request request;
};

struct Answered {
    explicit Answered(Lines lines = {}, std::uint16_t status = 200) : response(arena) {
        response.status = status;
        response.framing = http::Framing::chunked;
        add(response.fields, lines);
    }
    ResponseDirectives directives(const Policy& policy = {}) const { return read_response_directives(response.fields, policy); }
    Terms terms(const Policy& policy = {}, double received = 0) const {
        return read_terms(response, directives(policy), at(received), at(received));
    }
    Arena arena;
    http::Response response;
};

inline constexpr Delta sec(std::uint32_t seconds) { return Delta(seconds); }

inline std::string text_of(const http::Fields& fields) {
    std::string text;
    for (const auto& field : fields) text.append(field.name).append(": ").append(field.value).append("|");
    return text;
}

}  // namespace weir::cache::test
