#include "config/effective.h"

#include <gtest/gtest.h>

#include "config/config.h"

namespace weir::config {
namespace {

constexpr std::string_view kText = R"(header response set X-Top top
log json /var/log/weir/all.log { sample 10% }
admin { socket /run/weir/admin.sock }
upstream shop { server 10.0.1.10:8080; check GET /healthz every 5s }
upstream next { like shop; server 10.0.1.20:8080; retry 2 }
policy public { body max 2MiB; timeout { first_byte 5s } }
site http://shop.example {
    use public
    canonical shop.example
    route /ws { when method GET; proxy next; timeout { tunnel 10m } }
    route /x/* { reset header; header response set X-Own "a b"; proxy shop }
    respond 404
}
)";

// Without the comments that say where something comes from.
std::string without_comments(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        if (const auto comment = line.find("  #"); comment != std::string::npos) line.resize(comment);
        out += line + '\n';
        at = end + 1;
    }
    return out;
}

std::string effective_of(std::string text) {
    const auto out = effective_of_text("weir.conf", std::move(text));
    EXPECT_TRUE(out.report.is_fine()) << out.report.text();
    return out.text.value_or("");
}

TEST(Effective, ShowsEverythingThatIsInEffect) {
    const auto text = effective_of(std::string(kText));
    EXPECT_TRUE(text.contains(R"(    route /ws {
        reset
        when method GET
        early_data off
        body max 2MiB  # weir.conf:6
        timeout { between_bytes 60s; total off; first_byte 5s; tunnel 10m }
)")) << text;
    EXPECT_TRUE(text.contains("        header response set X-Top top  # weir.conf:1\n")) << text;
    EXPECT_TRUE(text.contains("        header response set X-Own \"a b\"\n")) << text;
    EXPECT_TRUE(text.contains("    check GET /healthz every 5s  # weir.conf:4\n")) << text;
    EXPECT_TRUE(text.contains("admin { label_values 200; socket /run/weir/admin.sock }\n")) << text;
    EXPECT_FALSE(text.contains("policy"));
    EXPECT_FALSE(text.contains("    tls")) << "of a site in the clear";
    EXPECT_FALSE(text.contains("use "));
}

TEST(Effective, OfTheEffectiveFormIsTheSame) {
    const auto once = without_comments(effective_of(std::string(kText)));
    EXPECT_EQ(without_comments(effective_of(once)), once);
}

TEST(Effective, ShowsNoValueOfTheEnvironment) {
    const Options options{.environment = [](const std::string&) { return std::optional<std::string>("hunter2"); }, .resolves = {}};
    const auto out =
        effective_of_text("weir.conf", "site :80 { proxy a:1; header request set Authorization \"Bearer $ENV{TOKEN}\" }", options);
    ASSERT_TRUE(out.text.has_value());
    EXPECT_FALSE(out.text->contains("hunter2"));
    EXPECT_TRUE(out.text->contains("header request set Authorization \"Bearer $ENV{TOKEN}\"")) << *out.text;
}

TEST(Effective, ShowsTheTlsOfASiteThatSpeaksIt) {
    const auto text = effective_of("tls { policy modern }\nsite example.com { tls internal { h2 off }; respond 200 }");
    EXPECT_TRUE(text.contains("    tls { client off; redirect_http on; staple on; policy modern; h2 off; certificate internal }")) << text;
    EXPECT_EQ(without_comments(effective_of(without_comments(text))), without_comments(text));
}

}  // namespace
}  // namespace weir::config
