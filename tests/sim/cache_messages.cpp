#include "sim/cache_messages.h"

#include <ctime>
#include <iterator>

namespace weir::sim {

std::string date_text(double seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[40];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

template <std::size_t count>
std::string CacheMessages::list_of(const char* const (&words)[count], std::uint32_t most) {
    std::string out = one_of(words);
    for (auto left = below(most); left != 0; --left) out += (one_in(2) ? ", " : ",") + one_of(words);
    return out;
}

std::string CacheMessages::answers_control() {
    static constexpr const char* kWords[] = {
        "max-age=10",
        "max-age=60",
        "max-age=0",
        "Max-Age=\"30\"",
        "max-age=x",
        "max-age=-1",
        "max-age=99999999999",
        "s-maxage=20",
        "s-maxage=0",
        "public",
        "private",
        "private=\"a\"",
        "no-cache",
        "no-cache=\"b, c\"",
        "no-store",
        "no-store",
        "immutable",
        "foo",
        "ext=\"no-store, max-age=9\"",
        "must-revalidate",
        "proxy-revalidate",
        "must-understand",
        "stale-while-revalidate=15",
        "stale-while-revalidate=0",
        "stale-if-error=25",
        "stale-if-error=x",
    };
    return list_of(kWords, 4);
}

Lines CacheMessages::request() {
    static constexpr const char* kWords[] = {"no-cache",         "no-store",     "max-age=5",      "max-age=0",
                                             "max-stale",        "max-stale=12", "min-fresh=7",    "max-age=40",
                                             "stale-if-error=9", "foo",          "only-if-cached", "no-transform"};
    static constexpr const char* kFoo[] = {"1", "2", "1, 2", "1 ,2", "\"1, 2\""};
    static constexpr const char* kLanguages[] = {"de, en", "EN,de", "de;q=0.5, en", "fr"};
    Lines fields;
    if (one_in(3)) fields["cache-control"] = list_of(kWords, 2);
    if (one_in(8)) fields["authorization"] = "x";
    if (!one_in(3)) fields["foo"] = one_of(kFoo);
    if (!one_in(3)) fields["accept-language"] = one_of(kLanguages);
    return fields;
}

int CacheMessages::status() {
    static constexpr int kStatuses[] = {200, 200, 200, 200, 203, 204, 299, 301, 302, 404, 410, 416, 429, 500, 502, 503, 599};
    return kStatuses[below(std::size(kStatuses))];
}

Lines CacheMessages::answer(double now) {
    static constexpr const char* kAges[] = {"0", "7", "30, 0", "x", "-5", "2147483649"};
    static constexpr const char* kVary[] = {"Foo", "foo, Accept-Language", "*", "Foo, *", "Accept-Encoding,foo"};
    Lines fields;
    if (!one_in(3)) fields["cache-control"] = answers_control();
    if (!one_in(4)) fields["date"] = date_text(now - below(12) + 4);
    if (one_in(4)) fields["age"] = one_of(kAges);
    if (one_in(3)) fields["expires"] = one_in(5) ? "0" : date_text(now + below(60) - 10);
    if (one_in(3)) fields["last-modified"] = date_text(now - below(400));
    if (one_in(4)) fields["vary"] = one_of(kVary);
    if (one_in(12)) fields["set-cookie"] = "a=b";
    return fields;
}

}  // namespace weir::sim
