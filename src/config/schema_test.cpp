#include "config/schema.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "config/builder.h"
#include "config/check.h"
#include "config/config.h"
#include "config/fallback.h"
#include "config/manual.h"
#include "config/parser.h"

namespace weir::config {
namespace {

// Every kind of block that there is.
std::vector<BlockKind> contexts() {
    std::vector<BlockKind> all;
    for (std::uint32_t bit = 1; includes(kAnywhere, static_cast<BlockKind>(bit)); bit <<= 1U) all.push_back(static_cast<BlockKind>(bit));
    return all;
}

TEST(Schema, EveryContextHasANameAndDirectives) {
    for (const auto context : contexts()) {
        EXPECT_NE(name_of(context), "nowhere") << static_cast<std::uint32_t>(context);
        EXPECT_FALSE(schema().names_in(context).empty()) << name_of(context);
    }
    const auto after = static_cast<BlockKind>(static_cast<std::uint32_t>(contexts().back()) << 1U);
    EXPECT_EQ(name_of(after), "nowhere") << "kAnywhere does not include it";
}

TEST(Schema, ADirectiveMeansOneThingInAContext) {
    for (const auto context : contexts()) {
        std::set<std::string_view> seen;
        for (const auto name : schema().names_in(context)) EXPECT_TRUE(seen.insert(name).second) << name << " in " << name_of(context);
    }
}

TEST(Schema, EveryExampleIsFineWhereverItMayStand) {
    for (const auto& entry : schema().entries())
        for (const auto context : contexts()) {
            if (!includes(entry.directive->stands_in, context)) continue;
            Sources sources;
            Diagnostics diagnostics;
            ASSERT_FALSE(entry.directive->example.empty()) << entry.directive->name;
            const auto tree = parse(sources, sources.add("example", std::string(entry.directive->example)), diagnostics);
            const auto items = check(tree, context, sources, diagnostics);
            EXPECT_TRUE(diagnostics.empty()) << entry.directive->name << " in " << name_of(context) << "\n" << diagnostics.render(sources);
            EXPECT_EQ(items.size(), 1U);
        }
}

TEST(Schema, EveryExampleIsInTheNormalForm) {
    for (const auto& entry : schema().entries())
        EXPECT_EQ(format_text("example", std::string(entry.directive->example)).text, std::string(entry.directive->example) + "\n");
}

TEST(Schema, EveryDefaultIsFine) {
    for (const auto context : {BlockKind::file, BlockKind::upstream, BlockKind::site, BlockKind::route}) {
        Sources sources;
        Diagnostics diagnostics;
        const auto tree = parse(sources, sources.add("defaults", fallback_text(context)), diagnostics);
        EXPECT_FALSE(check(tree, context, sources, diagnostics).empty());
        EXPECT_TRUE(diagnostics.empty()) << diagnostics.render(sources);
    }
}

TEST(Schema, EveryDirectiveOfARouteIsRead) {
    for (const auto& entry : schema().entries())
        if (includes(entry.directive->stands_in, BlockKind::route) && is_inherited(*entry.directive) && entry.directive->name != "import")
            EXPECT_TRUE(reads_route_directive(entry.directive->name)) << entry.directive->name;
}

TEST(Schema, EveryDirectiveIsInTheManualOnce) {
    std::size_t described = 0;
    for (const auto& section : manual_sections()) described += entries_of(section.context).size();
    EXPECT_EQ(described, schema().entries().size());
}

TEST(Manual, MatchesTheFileInDocs) {
    // From the project's folder or a build folder below it.
    std::filesystem::path folder = std::filesystem::current_path();
    while (!std::filesystem::exists(folder / "docs/configuration.md") && folder.has_relative_path()) folder = folder.parent_path();
    std::ifstream file(folder / "docs/configuration.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), manual_markdown()) << "write it anew: weir manual > docs/configuration.md";
}

TEST(Manual, HasAManPageAndWordsForShells) {
    const auto man = manual_man();
    EXPECT_TRUE(man.starts_with(".TH WEIR.CONF 5"));
    EXPECT_NE(man.find("\\fBtrusted_proxies\\fR CIDR..."), std::string::npos);
    EXPECT_NE(completion_words().find("upstream\tretry\tN\tfurther tries"), std::string::npos);
}

}  // namespace
}  // namespace weir::config
