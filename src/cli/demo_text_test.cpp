#include "cli/demo_text.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "proxy/explain.h"
#include "proxy/snapshot.h"

namespace weir::cli {
namespace {

const DemoPlaces kPlaces{.program = "build/weir", .folder = "/tmp/demo", .port = 8081, .origin_port = 40001};

TEST(DemoText, ConfigurationIsFineAndInNormalForm) {
    const auto text = demo_configuration(kPlaces);
    const auto loaded = config::load_text("demo.conf", text);
    EXPECT_EQ(loaded.report.text(), "");
    ASSERT_TRUE(static_cast<bool>(loaded.snapshot));
    EXPECT_EQ(loaded.snapshot->process.admin.socket, "/tmp/demo/admin.sock");
    EXPECT_EQ(config::format_text("demo.conf", text).text, text);
}

TEST(DemoText, EveryPathGoesSomewhere) {
    const auto loaded = config::load_text("demo.conf", demo_configuration(kPlaces));
    ASSERT_TRUE(static_cast<bool>(loaded.snapshot));
    const auto explained = [&](std::string path) { return proxy::explain(*loaded.snapshot, {.url = "http://127.0.0.1:8081" + path}); };
    EXPECT_TRUE(explained("/").contains("127.0.0.1:40001")) << explained("/");
    EXPECT_TRUE(explained("/shop//lamp").contains("forwarded /lamp")) << explained("/shop//lamp");
    EXPECT_TRUE(explained("/hello").contains("200")) << explained("/hello");
    EXPECT_TRUE(explained("/a/%2e%2e/%2e%2e/etc").contains("400 Bad Request")) << explained("/a/%2e%2e/%2e%2e/etc");
}

TEST(DemoText, GreetingNamesThePlaces) {
    const auto plain = demo_greeting(kPlaces, false);
    for (const auto* text :
         {"http://127.0.0.1:8081/", "build/weir reload --socket /tmp/demo/admin.sock", "/tmp/demo/weir.conf", "/tmp/demo/access.log"})
        EXPECT_TRUE(plain.contains(text)) << text;
    EXPECT_EQ(plain.find_first_of("*@\033"), std::string::npos) << plain;
    const auto coloured = demo_greeting(kPlaces, true);
    EXPECT_TRUE(coloured.contains("\033[1;36m"));
    EXPECT_EQ(coloured.rfind("\033["), coloured.rfind("\033[0m"));
}

}  // namespace
}  // namespace weir::cli
