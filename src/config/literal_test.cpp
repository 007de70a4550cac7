#include "config/literal.h"

#include <gtest/gtest.h>

#include "config/phrase.h"

namespace weir::config {
namespace {

using namespace std::chrono_literals;

// "message | hint | the stretch that is wrong"
template <class T>
std::string fault_of(const Literal<T>& literal, std::string_view text) {
    if (literal) return "fine";
    const auto& slip = literal.error();
    return concat({slip.message, " | ", slip.hint, " | ", slip.length == Slip::kWhole ? text : text.substr(slip.at, slip.length)});
}

TEST(Duration, TakesWholeNumbersWithTheirUnit) {
    EXPECT_EQ(read_duration("250ms"), Duration(250ms));
    EXPECT_EQ(read_duration("10s"), Duration(10s));
    EXPECT_EQ(read_duration("5m"), Duration(5min));
    EXPECT_EQ(read_duration("2h"), Duration(2h));
    EXPECT_EQ(read_duration("7d"), Duration(168h));
    EXPECT_EQ(read_duration("0s"), Duration(0s));
}

TEST(Duration, SaysWhatIsWrong) {
    const auto fault = [](std::string_view text) { return fault_of(read_duration(text), text); };
    EXPECT_EQ(fault("10"), "a time without a unit | expected ms, s, m, h or d; did you mean '10s'? | 10");
    EXPECT_EQ(fault("10min"), "unknown unit of a time | expected ms, s, m, h or d; did you mean '10m'? | min");
    EXPECT_EQ(fault("10us"), "unknown unit of a time | expected ms, s, m, h or d | us");
    EXPECT_EQ(fault("10S"), "unknown unit of a time | expected ms, s, m, h or d | S");
    EXPECT_EQ(fault("-1s"), "this is not a time | expected a time such as 10s | -1s");
    EXPECT_EQ(fault("1.5s"), "a time is a whole number of units | expected a time such as 10s | 1.5s");
    EXPECT_EQ(fault(""), "this is not a time | expected a time such as 10s | ");
    EXPECT_EQ(fault("3651d"), "a time is too large | at most 3650d | 3651d");
    EXPECT_EQ(fault("99999999999999999999s"), "a time is too large | expected a time such as 10s | 99999999999999999999s");
}

TEST(Size, KnowsBinaryUnitsOnly) {
    EXPECT_EQ(read_size("512B"), 512U);
    EXPECT_EQ(read_size("8KiB"), 8192U);
    EXPECT_EQ(read_size("64MiB"), 64U << 20U);
    EXPECT_EQ(read_size("3GiB"), 3ULL << 30U);
    const auto fault = [](std::string_view text) { return fault_of(read_size(text), text); };
    EXPECT_EQ(fault("10MB"), "unknown unit of a size | expected B, KiB, MiB or GiB; did you mean '10MiB'? | MB");
    EXPECT_EQ(fault("10k"), "unknown unit of a size | expected B, KiB, MiB or GiB; did you mean '10KiB'? | k");
    EXPECT_EQ(fault("10"), "a size without a unit | expected B, KiB, MiB or GiB | 10");
    EXPECT_EQ(fault("9999999999GiB"), "a size is too large | at most 1048576GiB | 9999999999GiB");
}

TEST(Rate, IsANumberATime) {
    EXPECT_EQ(read_rate("20/s"), (Rate{.count = 20, .each = 1s}));
    EXPECT_EQ(read_rate("100/m"), (Rate{.count = 100, .each = 60s}));
    EXPECT_EQ(read_rate("5/h"), (Rate{.count = 5, .each = 3600s}));
    EXPECT_EQ(fault_of(read_rate("20/sec"), "20/sec"), "unknown unit of a rate | expected /s, /m or /h; did you mean '20/s'? | /sec");
    EXPECT_EQ(fault_of(read_rate("20"), "20"), "a rate without a unit | expected /s, /m or /h | 20");
    EXPECT_EQ(read_byte_rate("64KiB/s"), 65536U);
    EXPECT_FALSE(read_byte_rate("64KiB").has_value());
    EXPECT_FALSE(read_byte_rate("64/s").has_value());
}

TEST(Percent, IsKeptInMillionths) {
    EXPECT_EQ(read_percent("5%"), 50'000U);
    EXPECT_EQ(read_percent("0.25%"), 2'500U);
    EXPECT_EQ(read_percent("100%"), 1'000'000U);
    EXPECT_EQ(read_percent("0.0001%"), 1U);
    EXPECT_EQ(fault_of(read_percent("5"), "5"), "a share without '%' | did you mean '5%'? | 5");
    for (const auto* text : {"%", "x%", "-1%", "1001%", "0.00001%", "1.%", "1.x%", ".5%"})
        EXPECT_FALSE(read_percent(text).has_value()) << text;
}

TEST(Integer, KeepsItsBounds) {
    EXPECT_EQ(read_integer("1", {.low = 1, .high = 9}), 1U);
    EXPECT_EQ(read_integer("9", {.low = 1, .high = 9}), 9U);
    for (const auto* text : {"0", "10", "-1", "+1", "1x", "", "0x1", "99999999999999999999999"})
        EXPECT_FALSE(read_integer(text, {.low = 1, .high = 9}).has_value()) << text;
}

TEST(Network, IsAnAddressOrANetwork) {
    EXPECT_EQ(read_network("10.0.0.0/8")->text(), "10.0.0.0/8");
    EXPECT_TRUE(read_network("::1").has_value());
    EXPECT_TRUE(read_network("2001:db8::/32").has_value());
    EXPECT_EQ(fault_of(read_network("10.1.2.3/8"), "10.1.2.3/8"),
              "a network with bits beyond its prefix | did you mean '10.0.0.0/8'? | 10.1.2.3/8");
    EXPECT_EQ(fault_of(read_network("10.0.0.0/33"), "10.0.0.0/33"),
              "this is not the length of a prefix | expected a number from 0 to 32 | 33");
    for (const auto* text : {"", "10.0.0", "localhost", "10.0.0.0/", "10.0.0.0/x", "::1/129"})
        EXPECT_FALSE(read_network(text).has_value()) << text;
}

TEST(Listen, NeedsAPort) {
    EXPECT_EQ(read_listen(":8080")->text(), "[::]:8080");
    EXPECT_EQ(read_listen("127.0.0.1:80")->text(), "127.0.0.1:80");
    EXPECT_EQ(read_listen("[::1]:80")->text(), "[::1]:80");
    EXPECT_EQ(read_listen("unix:/run/weir.sock")->path, "/run/weir.sock");
    EXPECT_EQ(read_listen("unix:@weir")->path, "@weir");
    EXPECT_EQ(fault_of(read_listen("::1:80"), "::1:80"), "an IPv6 address stands in brackets | did you mean '[::1]:80'? | ::1:80");
    for (const auto* text :
         {"", "8080", "127.0.0.1", ":0", ":65536", "[127.0.0.1]:80", "localhost:80", "unix:x", "[::1]", "[]:80", "[::1:80", "[::1]80"})
        EXPECT_FALSE(read_listen(text).has_value()) << text;
}

TEST(Server, IsANameOrAnAddressWithItsPort) {
    EXPECT_EQ(read_server("App.internal:3000")->host, "app.internal");
    EXPECT_EQ(read_server("10.0.0.1:80")->port, 80);
    EXPECT_EQ(read_server("[2001:db8::1]:80")->host, "2001:db8::1");
    EXPECT_EQ(read_server("unix:/run/app.sock")->path, "/run/app.sock");
    EXPECT_EQ(read_server("https://app")->text(), "app:443");
    EXPECT_EQ(read_server("https://[::1]:8443")->text(), "[::1]:8443");
    EXPECT_EQ(read_server("http://app")->text(), "app:80");
    EXPECT_EQ(fault_of(read_server("ftp://app"), "ftp://app"), "the address of a server has no scheme | did you mean 'app:80'? | ftp://");
    EXPECT_EQ(fault_of(read_server("https://app/x"), "https://app/x"),
              "the address of a server has no path | use 'rewrite' to change the path | /x");
    for (const auto* text :
         {"", "app", "app:", "app:x", "app:0", ":80", "a b:80", "-a:80", "a..b:80", "[app]:80", "unix:", "app:80/x", "*.a:80"})
        EXPECT_FALSE(read_server(text).has_value()) << text;
}

TEST(NameServer, HasPort53UnlessItSaysOtherwise) {
    EXPECT_EQ(read_name_server("10.0.0.2")->text(), "10.0.0.2:53");
    EXPECT_EQ(read_name_server("::1")->text(), "[::1]:53");
    EXPECT_EQ(read_name_server("[::1]:5353")->text(), "[::1]:5353");
    EXPECT_FALSE(read_name_server("dns.example:53").has_value());
}

struct SiteCase {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
    bool is_plain;  // http:// or an address
};

TEST(SiteName, SaysHostPortAndScheme) {
    for (const auto& [text, host, port, is_plain] :
         {SiteCase{"Example.com", "example.com", 0, false}, SiteCase{"*.example.com", "*.example.com", 0, false},
          SiteCase{":8080", "", 8080, true}, SiteCase{"http://localhost:8080", "localhost", 8080, true},
          SiteCase{"http://example.com", "example.com", 0, true}, SiteCase{"*", "", 0, false}, SiteCase{"default", "", 0, false},
          SiteCase{"http://*", "", 0, true}, SiteCase{"http://*:81", "", 81, true}, SiteCase{"127.0.0.1:8080", "", 8080, true},
          SiteCase{"[::1]:8080", "", 8080, true}, SiteCase{"http://:81", "", 81, true}, SiteCase{"https://a.b:444", "a.b", 444, false}}) {
        const auto name = read_site_name(text);
        ASSERT_TRUE(name.has_value()) << text;
        EXPECT_EQ(name->host, host) << text;
        EXPECT_EQ(name->port, port) << text;
        EXPECT_EQ(!name->is_https && (name->is_http || name->is_address), is_plain) << text;
    }
    for (const auto* text : {"", ":", "http://", "http://a/b", "ftp://a", "a b", "*a.b", "a.*.b", "a..b", "-a", ":99999", "http://::1",
                             "[::1", "bücher.example"})
        EXPECT_FALSE(read_site_name(text).has_value()) << text;
}

TEST(Http, StatusMethodAndFieldName) {
    EXPECT_EQ(read_status("404"), 404);
    for (const auto* text : {"99", "600", "4o4", "", "0404"}) EXPECT_FALSE(read_status(text).has_value()) << text;
    EXPECT_EQ(read_status_range("200-399"), (StatusRange{200, 399}));
    EXPECT_EQ(read_status_range("503"), (StatusRange{503, 503}));
    EXPECT_FALSE(read_status_range("399-200").has_value());
    EXPECT_EQ(read_method("GET"), "GET");
    EXPECT_EQ(read_method("PROPFIND"), "PROPFIND");
    EXPECT_EQ(fault_of(read_method("get"), "get"), "methods are written in capitals | did you mean 'GET'? | get");
    EXPECT_EQ(fault_of(read_method("PSOT"), "PSOT"), "this is not a method | did you mean 'POST'? | PSOT");
    EXPECT_EQ(read_field_name("X-Beta"), "X-Beta");
    for (const auto* text : {"", "X Beta", "X:", "X\n", "ü"}) EXPECT_FALSE(read_field_name(text).has_value()) << text;
}

TEST(Http, PathPatterns) {
    for (const auto* text : {"/", "/a", "/a/*", "/*", "*", "*.png", "/a/*/b", "~^/x", "~\\.(png|jpg)$"})
        EXPECT_TRUE(read_path_pattern(text).has_value()) << text;
    for (const auto* text : {"", "a", "a/*", "/a?b", "~", "~(", "example.com/a"}) EXPECT_FALSE(read_path_pattern(text).has_value()) << text;
}

TEST(Texts, TemplatesAndValues) {
    EXPECT_TRUE(read_template("https://$host$uri").has_value());
    EXPECT_FALSE(read_template("$hots").has_value());
    EXPECT_TRUE(read_field_value("file:/run/secret").has_value());
    EXPECT_FALSE(read_field_value("a\nb").has_value());
    EXPECT_FALSE(read_field_value("file:").has_value());
}

}  // namespace
}  // namespace weir::config
