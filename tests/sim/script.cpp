#include "sim/script.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/text.h"

namespace weir::sim {
namespace {

constexpr const char* kFormat = "/s/%llu?m=%s&rb=%u&rs=%zu&ab=%u&as=%zu&mood=%u&t=%u&e=%u&u=%u&c=%u";

std::uint64_t number_after(std::string_view target, std::string_view key) {
    const auto at = target.find(key);
    if (at == std::string_view::npos) return 0;
    const auto rest = target.substr(at + key.size());
    return parse_decimal(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(0);
}

std::size_t draw_size(Random& random) {
    switch (random.below(8)) {
        case 0: return 0;
        case 1: return 1 + random.below(3);
        case 2: return 4000 + random.below(200);
        case 3: return 16300 + random.below(200);
        case 4: return random.below(200'000);
        default: return random.below(3000);
    }
}

std::size_t draw_large_size(Random& random) {
    static constexpr std::size_t kWindows[] = {0, 1000, 8000, 65'535};
    switch (random.below(4)) {
        case 0: return kWindows[random.below(4)];
        case 1: return random.below(3000);
        default: return 20'000 + random.below(random.chance(0.3) ? 500'000 : 80'000);
    }
}

}  // namespace

std::string Script::target() const {
    char text[256];
    const int size =
        std::snprintf(text, sizeof text, kFormat, static_cast<unsigned long long>(id), method.c_str(), static_cast<unsigned>(request_body),
                      request_size, static_cast<unsigned>(answer_body), answer_size, static_cast<unsigned>(mood), has_trailers ? 1U : 0U,
                      expects_continue ? 1U : 0U, is_upgrade ? 1U : 0U, closes ? 1U : 0U);
    return {text, static_cast<std::size_t>(size)};
}

Script Script::of_target(std::string_view target) {
    Script script;
    script.id = number_after(target, "/s/");
    const auto method = target.substr(target.find("m=") + 2);
    script.method = method.substr(0, method.find('&'));
    script.request_body = static_cast<Body>(number_after(target, "&rb="));
    script.request_size = number_after(target, "&rs=");
    script.answer_body = static_cast<Body>(number_after(target, "&ab="));
    script.answer_size = number_after(target, "&as=");
    script.mood = static_cast<Mood>(number_after(target, "&mood="));
    script.has_trailers = number_after(target, "&t=") != 0;
    script.expects_continue = number_after(target, "&e=") != 0;
    script.is_upgrade = number_after(target, "&u=") != 0;
    script.closes = number_after(target, "&c=") != 0;
    return script;
}

Script Script::draw(Random& random, std::uint64_t id, bool with_faults) {
    static constexpr const char* kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    Script script;
    script.id = id;
    script.method = kMethods[random.below(5)];
    script.is_upgrade = random.chance(0.05);
    if (script.is_upgrade) {
        script.method = "GET";
        script.answer_size = 1 + random.below(20'000);
        return script;
    }
    if (script.method == "POST" || script.method == "PUT") {
        script.request_body = random.chance(0.5) ? Body::length : Body::chunked;
        script.request_size = draw_size(random);
        script.expects_continue = random.chance(0.2);
    }
    script.answer_body = static_cast<Body>(1 + random.below(3));
    script.answer_size = draw_size(random);
    script.has_trailers = script.answer_body == Body::chunked && random.chance(0.3);
    script.closes = random.chance(0.1);
    if (random.chance(0.2)) script.mood = random.chance(0.5) ? Mood::interim : Mood::answers_early;
    if (with_faults && random.chance(0.3)) script.mood = static_cast<Mood>(random.below(static_cast<std::uint64_t>(Mood::count_)));
    // An answer that is cut where only the connection's end says that it is whole looks whole to everybody.
    if (script.mood == Mood::truncates && script.answer_body == Body::until_close) script.answer_body = Body::length;
    return script;
}

Script Script::draw_large(Random& random, std::uint64_t id, bool with_faults) {
    auto script = draw(random, id, with_faults);
    if (random.chance(0.15)) {
        script = {};
        script.id = id;
        script.is_upgrade = true;
    }
    script.answer_size = draw_large_size(random);
    if (script.request_body != Body::none) script.request_size = draw_large_size(random);
    return script;
}

std::string octets_of(std::uint64_t id, std::size_t size) {
    std::string octets(size, '\0');
    auto state = id * 0x9e3779b97f4a7c15U + 1;
    for (std::size_t at = 0; at < size; at += sizeof state) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        std::memcpy(octets.data() + at, &state, std::min(sizeof state, size - at));
    }
    return octets;
}

}  // namespace weir::sim
