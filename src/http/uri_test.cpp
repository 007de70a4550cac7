#include "http/uri.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace weir::http {
namespace {

using namespace std::literals;

constexpr std::uint8_t bit(PathFault fault) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(fault)); }

// The normal form, or "!" and the fault's word. Checks that a second pass changes nothing.
std::string normal(std::string_view path, PathPolicy policy = {}) {
    Arena arena;
    const std::vector<char> exact(path.begin(), path.end());  // of the exact size, for the sanitizer
    const auto once = normalise_path({exact.data(), exact.size()}, policy, arena);
    if (!once) return "!" + std::string(word_of(once.error()));
    const auto twice = normalise_path(*once, policy, arena);
    EXPECT_TRUE(twice) << path << " → " << *once;
    if (twice) {
        EXPECT_EQ(*twice, *once) << path;
        // In normal form already: the same view.
        if (policy.allowed == 0) EXPECT_EQ(twice->data(), once->data()) << path;
    }
    return std::string(*once);
}

struct Row {
    std::string_view path;
    std::string_view normal;
};

TEST(Path, IsNormalised) {
    const Row rows[] = {
        {"/", "/"},
        {"/a", "/a"},
        {"/a/", "/a/"},
        {"/a.b/..c/.d/e./f../...", "/a.b/..c/.d/e./f../..."},
        {"/a/.well-known/b", "/a/.well-known/b"},
        // RFC 3986 5.2.4 and 5.4, as absolute paths.
        {"/a/b/c/./../../g", "/a/g"},
        {"/b/c/./g", "/b/c/g"},
        {"/b/c/g/", "/b/c/g/"},
        {"/b/c/.", "/b/c/"},
        {"/b/c/./", "/b/c/"},
        {"/b/c/..", "/b/"},
        {"/b/c/../", "/b/"},
        {"/b/c/../g", "/b/g"},
        {"/b/c/../..", "/"},
        {"/b/c/../../", "/"},
        {"/b/c/../../g", "/g"},
        {"/b/c/g.", "/b/c/g."},
        {"/b/c/.g", "/b/c/.g"},
        {"/b/c/g..", "/b/c/g.."},
        {"/b/c/..g", "/b/c/..g"},
        {"/b/c/./g/.", "/b/c/g/"},
        {"/b/c/g/./h", "/b/c/g/h"},
        {"/b/c/g/../h", "/b/c/h"},
        {"/b/c/g;x=1/./y", "/b/c/g;x=1/y"},
        {"/b/c/g;x=1/../y", "/b/c/y"},
        {"/.", "/"},
        {"/./", "/"},
        {"/././.", "/"},
        {"/a/..", "/"},
        {"/a/b/.", "/a/b/"},
        {"/a/./b/./", "/a/b/"},
        // Encoded dot segments.
        {"/a/%2e", "/a/"},
        {"/a/%2E/b", "/a/b"},
        {"/a/%2e%2e/b", "/b"},
        {"/a/.%2e/b", "/b"},
        {"/a/%2e./b", "/b"},
        {"/a/%2E%2e", "/"},
        {"/a/%2e%2e%2e/b", "/a/.../b"},
        {"/a%2e/b", "/a./b"},
        // Unreserved octets are decoded, once.
        {"/%41%7a%30%2d%2E%5f%7E", "/Az0-._~"},
        {"/%61%62c", "/abc"},
        {"/%2541", "/%2541"},
        {"/%25%34%31", "/%2541"},
        {"/%252e%252e/", "/%252e%252e/"},
        // Everything else keeps its escape, in upper case.
        {"/a%2fb", "/a%2Fb"},
        {"/a%2Fb", "/a%2Fb"},
        {"/a%2F..%2Fb", "/a%2F..%2Fb"},
        {"/a/..%2fb", "/a/..%2Fb"},
        {"/a/%2e%2e%2fb", "/a/..%2Fb"},
        {"/%20%3f%23%3a%40%2b%26", "/%20%3F%23%3A%40%2B%26"},
        {"/%c3%a9", "/%C3%A9"},
        {"/%C3%A9", "/%C3%A9"},
        {"/%c0%af", "/%C0%AF"},  // an overlong '/', just octets
        {"/%c0%ae%c0%ae/", "/%C0%AE%C0%AE/"},
        {"/%ff%80", "/%FF%80"},
        {"/a:b@c!$&'()*+,;=", "/a:b@c!$&'()*+,;="},
        {"/a|b^c`d{e}\"<>", "/a|b^c`d{e}\"<>"},
        // Slashes.
        {"//", "/"},
        {"///", "/"},
        {"//a", "/a"},
        {"/a//b", "/a/b"},
        {"/a///b//", "/a/b/"},
        {"/a//../b", "/b"},
        {"/a/.//b", "/a/b"},
        {"/a/..//b", "/b"},
        {"//a/..", "/"},
        {"/a/%2e//b", "/a/b"},
        // All at once.
        {"/%7Efoo//./b%61r/%2e%2e/baz%2f", "/~foo/baz%2F"},
        {"/a%2Fb//c", "/a%2Fb/c"},
    };
    for (const auto& row : rows) EXPECT_EQ(normal(row.path), row.normal) << row.path;
}

TEST(Path, IsRefused) {
    const Row rows[] = {
        {"", "!bad_octet"},
        {"a", "!bad_octet"},
        {"*", "!bad_octet"},
        {"/%00", "!encoded_nul"},
        {"/a%00.png", "!encoded_nul"},
        {"/a/%00/../b", "!encoded_nul"},
        {"/%01", "!control_octet"},
        {"/%0a", "!control_octet"},
        {"/%0D%0aX", "!control_octet"},
        {"/%1f", "!control_octet"},
        {"/%7f", "!control_octet"},
        {"/%09", "!control_octet"},
        {"/%", "!bad_encoding"},
        {"/%a", "!bad_encoding"},
        {"/%zz", "!bad_encoding"},
        {"/%4", "!bad_encoding"},
        {"/%4/", "!bad_encoding"},
        {"/%g1", "!bad_encoding"},
        {"/%1g", "!bad_encoding"},
        {"/%%41", "!bad_encoding"},
        {"/%u0041", "!bad_encoding"},
        {"/%+1", "!bad_encoding"},
        {"/% 1", "!bad_encoding"},
        {"/..", "!above_root"},
        {"/../", "!above_root"},
        {"/../a", "!above_root"},
        {"/%2e%2e", "!above_root"},
        {"/%2E%2e/a", "!above_root"},
        {"/.%2e", "!above_root"},
        {"/a/../..", "!above_root"},
        {"/a/../../b", "!above_root"},
        {"/./..", "!above_root"},
        {"//..", "!above_root"},
        {"/a//../..", "!above_root"},
        {"/\\", "!backslash"},
        {"/a\\..\\b", "!backslash"},
        {"/%5c", "!backslash"},
        {"/%5C..", "!backslash"},
        {"/a b", "!bad_octet"},
        {"/a#b", "!bad_octet"},
        {"/a?b", "!bad_octet"},
        {"/\x80", "!bad_octet"},
        {"/\xc3\xa9", "!bad_octet"},
        {"/\n", "!bad_octet"},
        {"/\0"sv, "!bad_octet"},
        {"/\x7f", "!bad_octet"},
    };
    for (const auto& row : rows) EXPECT_EQ(normal(row.path), row.normal) << ::testing::PrintToString(row.path);
}

TEST(Path, AllowsAFaultThatThePolicyAllows) {
    struct Allowed {
        PathFault fault;
        std::string_view path, normal;
    };
    const Allowed rows[] = {
        {PathFault::encoded_nul, "/a%00b", "/a%00b"},
        {PathFault::control_octet, "/a%0ab%1F%7f", "/a%0Ab%1F%7F"},
        {PathFault::control_octet, "/%00", "!encoded_nul"},
        {PathFault::backslash, "/a\\..\\b%5c", "/a\\..\\b%5C"},
        {PathFault::above_root, "/..", "/"},
        {PathFault::above_root, "/../../a", "/a"},
        {PathFault::above_root, "/%2e%2e/a/../../b", "/b"},
        {PathFault::bad_octet, "/a b\xff", "/a b\xff"},
        {PathFault::bad_octet, "/\\", "!backslash"},
        {PathFault::bad_octet, "a", "!bad_octet"},
        // A lone '%' is made plain; what follows it must not turn it into an escape.
        {PathFault::bad_encoding, "/%zz", "/%25zz"},
        {PathFault::bad_encoding, "/%", "/%25"},
        {PathFault::bad_encoding, "/%%%", "/%25%25%25"},
        {PathFault::bad_encoding, "/%%34%31", "/%2541"},
        {PathFault::bad_encoding, "/%4%31", "/%2541"},
        {PathFault::bad_encoding, "/%%2e%2e/%", "/%25../%25"},
        {PathFault::bad_encoding, "/a/%2e%2e/%2", "/%252"},
    };
    for (const auto& row : rows) EXPECT_EQ(normal(row.path, {.allowed = bit(row.fault)}), row.normal) << row.path;
}

TEST(Path, KeepsSlashesWhenToldTo) {
    const PathPolicy policy{.merges_slashes = false};
    const Row rows[] = {
        {"//", "//"},      {"/a//b", "/a//b"}, {"///a", "///a"},           {"/a//../b", "/a/b"},
        {"/a//..", "/a/"}, {"//..", "/"},      {"//../..", "!above_root"}, {"/a/..//b", "//b"},
        {"/.//b", "//b"},  {"/%2e//b", "//b"}, {"/a//./b", "/a//b"},       {"/a/b//", "/a/b//"},
    };
    for (const auto& row : rows) EXPECT_EQ(normal(row.path, policy), row.normal) << row.path;
}

// Every short path over the octets that matter, under every policy: a second pass changes nothing, and what is left is in normal form.
TEST(Path, IsIdempotentUnderEveryPolicy) {
    constexpr std::array<std::string_view, 9> kPieces{"/", ".", "%2e", "%2F", "a", "%", "4", "%31", "\\"};
    const auto check = [](std::string_view path) {
        for (unsigned allowed = 0; allowed < 64; allowed += path.size() > 7 ? 21 : 1) {
            for (const bool merges : {false, true}) {
                const auto form = normal(path, {.allowed = static_cast<std::uint8_t>(allowed), .merges_slashes = merges});
                if (form.front() == '!') continue;
                EXPECT_EQ(form.front(), '/');
                EXPECT_EQ(form.find("/./"), std::string::npos) << path;
                EXPECT_EQ((form + "/").find("/../"), std::string::npos) << path;
                EXPECT_FALSE(merges && form.find("//") != std::string::npos) << path;
            }
        }
    };
    std::size_t combinations = 1;
    for (int length = 1; length <= 4; ++length) {
        combinations *= kPieces.size();
        for (std::size_t index = 0; index < combinations; ++index) {
            std::string path = "/";
            for (auto rest = index, i = std::size_t{0}; i < static_cast<std::size_t>(length); ++i, rest /= kPieces.size())
                path += kPieces[rest % kPieces.size()];
            check(path);
        }
    }
}

TEST(Path, ReturnsACleanPathItself) {
    Arena arena;
    constexpr auto kPath = "/a/b.c/%20%C3%A9/~x-y_z"sv;
    EXPECT_EQ(normalise_path(kPath, {}, arena)->data(), kPath.data());
    EXPECT_EQ(arena.used(), 0U);
}

TEST(Target, IsSplit) {
    struct Split {
        std::string_view target, raw_path, path, query;
        bool has_query;
    };
    const Split rows[] = {
        {"/", "/", "/", "", false},
        {"/?", "/", "/", "", true},
        {"/a//b?c=//d", "/a//b", "/a/b", "c=//d", true},
        {"/a?b?c", "/a", "/a", "b?c", true},
        {"/a%3Fb?c", "/a%3Fb", "/a%3Fb", "c", true},
        {"/a/../b?../c", "/a/../b", "/b", "../c", true},
        {"*", "*", "*", "", false},
    };
    for (const auto& row : rows) {
        Arena arena;
        const auto target = parse_target(row.target, {}, arena);
        ASSERT_TRUE(target) << row.target;
        EXPECT_EQ(target->raw_path, row.raw_path);
        EXPECT_EQ(target->path, row.path);
        EXPECT_EQ(target->query, row.query);
        EXPECT_EQ(target->has_query, row.has_query);
    }
    Arena arena;
    EXPECT_EQ(parse_target("", {}, arena).error(), PathFault::bad_octet);
    EXPECT_EQ(parse_target("?a", {}, arena).error(), PathFault::bad_octet);
    EXPECT_EQ(parse_target("/..?a", {}, arena).error(), PathFault::above_root);
    EXPECT_EQ(parse_target("/?%00", {}, arena)->query, "%00");
}

// "host", "host:port", with " v6" behind; "-" when invalid.
std::string authority(std::string_view text) {
    Arena arena;
    const auto parsed = parse_authority(text, arena);
    EXPECT_EQ(is_authority(text), parsed.has_value()) << text;
    if (!parsed) return "-";
    std::string out(parsed->host);
    if (parsed->port) out += " " + std::to_string(*parsed->port);
    if (parsed->is_ipv6) out += " v6";
    return out;
}

TEST(Authority, IsRead) {
    const std::string label(63, 'a');
    const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
    ASSERT_EQ(name.size(), 253U);
    const Row rows[] = {
        {"a", "a"},
        {"example.com", "example.com"},
        {"Example.COM:80", "example.com 80"},
        {"example.com:", "example.com"},
        {"example.com.", "example.com"},
        {"Example.com.:443", "example.com 443"},
        {"a:1", "a 1"},
        {"a:65535", "a 65535"},
        {"a:00080", "a 80"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"my_host.local", "my_host.local"},
        {"_dmarc.a", "_dmarc.a"},
        {"a-b.c--d", "a-b.c--d"},
        {"1.2.3.4", "1.2.3.4"},
        {"1.2.3.4.", "1.2.3.4"},
        {"255.255.255.255:8080", "255.255.255.255 8080"},
        {"0.0.0.0", "0.0.0.0"},
        {"1.2.3.256", "1.2.3.256"},
        {"1.2.3", "1.2.3"},
        {"1.2.3.4.5", "1.2.3.4.5"},
        {"01.2.3.4", "01.2.3.4"},
        {"1.2.3.4a", "1.2.3.4a"},
        {"127.1", "127.1"},
        {"2130706433", "2130706433"},
        {"0x7f.1", "0x7f.1"},
        {"web.1", "web.1"},
        {"[::1]", "::1 v6"},
        {"[::1]:8080", "::1 8080 v6"},
        {"[::1]:", "::1 v6"},
        {"[::]", ":: v6"},
        {"[2001:DB8:0:0:0:0:0:1]", "2001:db8::1 v6"},
        {"[2001:0db8::0001]", "2001:db8::1 v6"},
        {"[::ffff:1.2.3.4]", "::ffff:1.2.3.4 v6"},
        {"[1:2:3:4:5:6:7:8]", "1:2:3:4:5:6:7:8 v6"},
        {label, label},
        {name, name},
    };
    for (const auto& row : rows) EXPECT_EQ(authority(row.path), row.normal) << row.path;
    EXPECT_EQ(authority(name + "."), name);
    EXPECT_EQ(authority("a" + name), "-");
    EXPECT_EQ(authority("a" + label), "-");
    EXPECT_EQ(authority("a" + label + ".b"), "-");
}

TEST(Authority, IsRefused) {
    for (const auto text : {""sv,
                            "."sv,
                            ".."sv,
                            ".a"sv,
                            "a..b"sv,
                            "a.."sv,
                            ":80"sv,
                            "a:0"sv,
                            "a:65536"sv,
                            "a:123456"sv,
                            "a:b"sv,
                            "a:8 0"sv,
                            "a:-1"sv,
                            "a:+1"sv,
                            "a:80:80"sv,
                            "a: 80"sv,
                            "a b"sv,
                            " a"sv,
                            "a "sv,
                            "a/b"sv,
                            "a?b"sv,
                            "a#b"sv,
                            "a\\b"sv,
                            "u@a"sv,
                            "u:p@a"sv,
                            "a%41"sv,
                            "%61"sv,
                            "\xc3\xa9"sv,
                            "a,b"sv,
                            "a;b"sv,
                            "a'b"sv,
                            "a(b)"sv,
                            "a!b"sv,
                            "*"sv,
                            "*.a"sv,
                            "a~"sv,
                            "["sv,
                            "]"sv,
                            "[]"sv,
                            "[::1"sv,
                            "::1"sv,
                            "::1]"sv,
                            "[::1]a"sv,
                            "[::1]80"sv,
                            "[::1]:0"sv,
                            "[::1]:x"sv,
                            "[[::1]]"sv,
                            "[1.2.3.4]"sv,
                            "[::g]"sv,
                            "[1:2:3:4:5:6:7]"sv,
                            "[1:2:3:4:5:6:7:8:9]"sv,
                            "[::1::]"sv,
                            "[12345::]"sv,
                            "[fe80::1%eth0]"sv,
                            "[fe80::1%25eth0]"sv,
                            "[v1.a]"sv,
                            "a[::1]"sv,
                            "[ ::1]"sv,
                            "[::1 ]"sv,
                            "a\0b"sv,
                            "[::1\0]"sv,
                            "http://a"sv,
                            "a\t"sv,
                            "a\r\n"sv})
        EXPECT_EQ(authority(text), "-") << ::testing::PrintToString(text);
}

TEST(Authority, KeepsALowerCaseHostWhereItIs) {
    Arena arena;
    constexpr auto kText = "example.com:80"sv;
    EXPECT_EQ(parse_authority(kText, arena)->host.data(), kText.data());
    EXPECT_EQ(arena.used(), 0U);
}

TEST(AbsoluteForm, IsSplit) {
    struct Split {
        std::string_view uri, scheme, authority, target;
    };
    const Split rows[] = {
        {"http://a", "http", "a", ""},
        {"http://a/", "http", "a", "/"},
        {"https://a:1/b?c", "https", "a:1", "/b?c"},
        {"HtTp://A?b", "HtTp", "A", "?b"},
        {"http://[::1]:2/", "http", "[::1]:2", "/"},
        {"http://u@a/", "http", "u@a", "/"},
        {"http:///a", "http", "", "/a"},
        {"http://a//b", "http", "a", "//b"},
        {"http://a/http://b", "http", "a", "/http://b"},
    };
    for (const auto& row : rows) {
        const auto form = split_absolute(row.uri);
        ASSERT_TRUE(form) << row.uri;
        EXPECT_EQ(form->scheme, row.scheme);
        EXPECT_EQ(form->authority, row.authority);
        EXPECT_EQ(form->target, row.target);
    }
    for (const auto* uri : {"", "/", "/a", "*", "a", "a:80", "http", "http:", "http:/", "http:a", "//a", "ftp://a", "ws://a", "httpx://a",
                            ":://a", "/http://a", "?http://a", "http ://a"})
        EXPECT_FALSE(split_absolute(uri)) << uri;
}

TEST(Query, IsDecoded) {
    Arena arena;
    const auto decoded = [&](std::string_view text, bool plus = false) { return std::string(percent_decode(text, plus, arena)); };
    EXPECT_EQ(decoded(""), "");
    EXPECT_EQ(decoded("abc"), "abc");
    EXPECT_EQ(decoded("%41%2f%c3%A9%00"), "A/\xc3\xa9\0"s);
    EXPECT_EQ(decoded("a+b%2Bc"), "a+b+c");
    EXPECT_EQ(decoded("a+b%2Bc", true), "a b+c");
    EXPECT_EQ(decoded("%", true), "%");
    EXPECT_EQ(decoded("%4"), "%4");
    EXPECT_EQ(decoded("%zz%4"), "%zz%4");
    EXPECT_EQ(decoded("%2541"), "%41");
    EXPECT_EQ(decoded("%%41"), "%A");
}

TEST(Query, HasParameters) {
    Arena arena;
    constexpr auto kQuery = "a=1&b=2&a=3&&c&d=&=e&%66=%67+h&i=j=k&l%3Dm=n"sv;
    const auto value = [&](std::string_view name) { return query_parameter(kQuery, name, arena); };
    EXPECT_EQ(value("a"), "1");
    EXPECT_EQ(value("b"), "2");
    EXPECT_EQ(value("c"), "");
    EXPECT_EQ(value("d"), "");
    EXPECT_EQ(value(""), "e");
    EXPECT_EQ(value("f"), "g h");
    EXPECT_EQ(value("i"), "j=k");
    EXPECT_EQ(value("l=m"), "n");
    EXPECT_EQ(value("z"), std::nullopt);
    EXPECT_EQ(value("A"), std::nullopt);
    EXPECT_EQ(query_parameter("", "a", arena), std::nullopt);
    EXPECT_EQ(query_parameter("ab=1&a=2", "a", arena), "2");
}

TEST(Query, VisitsParametersInOrder) {
    std::string seen;
    for_each_parameter("a=1&&b&=c&d=e=f&", [&](std::string_view name, std::string_view value, bool has_equals) {
        seen.append(name).append(has_equals ? "=" : "").append(value).append("|");
    });
    EXPECT_EQ(seen, "a=1|b|=c|d=e=f|");
}

// RFC 6265 4.2.
TEST(Cookie, HasAValue) {
    constexpr auto kField = "SID=31d4d96e407aad42; lang=en-US;empty=; q=\"x\" ;  spaced = y;sid=other; SID=second"sv;
    EXPECT_EQ(cookie_value(kField, "SID"), "31d4d96e407aad42");
    EXPECT_EQ(cookie_value(kField, "lang"), "en-US");
    EXPECT_EQ(cookie_value(kField, "empty"), "");
    EXPECT_EQ(cookie_value(kField, "q"), "\"x\"");
    EXPECT_EQ(cookie_value(kField, "spaced"), "y");
    EXPECT_EQ(cookie_value(kField, "sid"), "other");
    EXPECT_EQ(cookie_value(kField, "ID"), std::nullopt);
    EXPECT_EQ(cookie_value("", "a"), std::nullopt);
    EXPECT_EQ(cookie_value(";;=b;a", "a"), std::nullopt);
    EXPECT_EQ(cookie_value("a=b=c", "a"), "b=c");
}

}  // namespace
}  // namespace weir::http
