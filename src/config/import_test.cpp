#include "config/import.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/config.h"
#include "proxy/snapshot.h"

namespace weir::config {
namespace {

// A folder of its own that goes away with the test.
class Folder {
public:
    Folder() {
        std::string pattern = testing::TempDir() + "weir-config-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    std::string write(const std::string& name, std::string_view text) const {
        const auto where = path_ + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(where).parent_path());
        std::ofstream(where) << text;
        return where;
    }
    // The report without the folder's name.
    std::string report(const Report& report) const {
        auto text = report.text();
        for (auto at = text.find(path_ + "/"); at != std::string::npos; at = text.find(path_ + "/")) text.erase(at, path_.size() + 1);
        return text;
    }

private:
    std::string path_;
};

TEST(Import, PutsFilesInTheOrderOfTheirNames) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import sites/*.conf\n");
    folder.write("sites/b.conf", "site :82 { import ../common/answer.conf }\n");
    folder.write("sites/a.conf", "site :81 { respond 200 }\n");
    folder.write("sites/c.txt", "nonsense\n");
    folder.write("common/answer.conf", "respond 204\n");
    const auto loaded = load_file(main);
    ASSERT_TRUE(loaded.report.is_fine()) << loaded.report.text();
    ASSERT_EQ(loaded.snapshot->sites.size(), 2U);
    EXPECT_EQ(loaded.snapshot->sites[0].name, ":81");
    EXPECT_EQ(loaded.snapshot->sites[1].routes[0].respond->status, 204);
}

TEST(Import, FaultsOfAllFilesComeTogether) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "drain 5\nimport a.conf\nimport nowhere.conf\nworkers x\n");
    folder.write("a.conf", "site :80 { prxy a:1 }\n");
    EXPECT_EQ(folder.report(load_file(main).report), "weir.conf:1:7: error: a time without a unit in 'drain 5'\n"
                                                     "   1 | drain 5\n"
                                                     "     |       ^ expected ms, s, m, h or d; did you mean '5s'?\n"
                                                     "weir.conf:3:8: error: can't read 'nowhere.conf'\n"
                                                     "   3 | import nowhere.conf\n"
                                                     "     |        ^^^^^^^^^^^^ No such file or directory\n"
                                                     "weir.conf:4:9: error: this is not a number in 'workers x'\n"
                                                     "   4 | workers x\n"
                                                     "     |         ^ expected a whole number from 1 to 1024, or auto\n"
                                                     "a.conf:1:12: error: unknown directive 'prxy'\n"
                                                     "   1 | site :80 { prxy a:1 }\n"
                                                     "     |            ^^^^ did you mean 'proxy'?\n");
}

TEST(Import, ACycleIsAnError) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import a.conf\n");
    folder.write("a.conf", "import ./weir.conf\n");
    EXPECT_TRUE(folder.report(load_file(main).report).starts_with("a.conf:1:8: error: './weir.conf' imports itself\n"));
}

TEST(Import, APatternLooksThroughAFewFoldersOnly) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import sites/*/*.conf\n");
    folder.write("sites/a/one.conf", "site :81 { respond 200 }\n");
    folder.write("sites/b/one.conf", "site :82 { respond 200 }\n");
    EXPECT_EQ(load_file(main).snapshot->sites.size(), 2U);
    folder.write("weir.conf", "import /*/*/*/*.conf\n");
    EXPECT_EQ(folder.report(load_file(main).report), "weir.conf:1:8: error: too many wildcards in this path\n"
                                                     "   1 | import /*/*/*/*.conf\n"
                                                     "     |        ^^^^^^^^^^^^^ in two of its parts at most\n");
}

TEST(Import, AFolderThatCantBeReadIsAnError) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import sites/*.conf\n");
    std::filesystem::create_symlink("sites", std::filesystem::path(main).parent_path() / "sites");
    EXPECT_TRUE(
        folder.report(load_file(main).report).starts_with("weir.conf:1:8: error: can't read 'sites': Too many levels of symbolic links"));
}

TEST(Import, AFileMayBeImportedTwice) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "site :80 { import a.conf }\nsite :81 { import a.conf }\n");
    folder.write("a.conf", "respond 200\n");
    EXPECT_TRUE(load_file(main).report.is_fine());
}

TEST(Import, TakesTheJsonTwin) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import a.json\n");
    folder.write("a.json",
                 R"({"directives": [{"directive": "site", "args": [":80"], "block": [{"directive": "respond", "args": ["200"]}]}]})");
    EXPECT_EQ(load_file(main).snapshot->sites.size(), 1U);
}

TEST(Import, FilesOfAnswersAreBesideTheirFile) {
    const Folder folder;
    const auto main = folder.write("weir.conf", "import sub/site.conf\n");
    folder.write("sub/site.conf", "site :80 { respond 200 file page.html; error_page 502 page.html; header response set X file:secret }\n");
    folder.write("sub/page.html", "<p>hello");
    folder.write("sub/secret", "pa$$word\n");
    const auto loaded = load_file(main);
    ASSERT_TRUE(loaded.report.is_fine()) << loaded.report.text();
    const auto& plan = loaded.snapshot->sites.at(0).routes.at(0);
    EXPECT_EQ(plan.respond->file_octets.view(), "<p>hello");
    EXPECT_EQ(plan.respond->content_type, "text/html; charset=utf-8");
    EXPECT_TRUE(plan.respond->etag.starts_with('"'));
    EXPECT_EQ(plan.error_pages.at(0).file_octets.view(), "<p>hello");
    EXPECT_TRUE(plan.response_headers.at(0).value.is_literal());
    EXPECT_EQ(plan.response_headers.at(0).value.text(), "pa$$$$word");
}

TEST(Environment, BecomesPartOfAWord) {
    const Options options{.environment = [](const std::string& name) -> std::optional<std::string> {
                              if (name == "PORT") return "8081";
                              if (name == "EMPTY") return "";
                              if (name == "EVIL") return "a; drain 1s }";
                              return std::nullopt;
                          },
                          .resolves = {}};
    const auto loaded = load_text(
        "weir.conf", "site :$ENV{PORT} { respond $ENV{EMPTY:-204} }\nsite :$ENV{OTHER:-82} { respond 200 '$ENV{EVIL}$$ENV{PORT}' }\n",
        options);
    ASSERT_TRUE(loaded.report.is_fine()) << loaded.report.text();
    EXPECT_EQ(loaded.snapshot->listeners.at(0).at.port, 8081);
    EXPECT_EQ(loaded.snapshot->listeners.at(1).at.port, 82);
    EXPECT_EQ(loaded.snapshot->sites.at(0).routes.at(0).respond->status, 204);
    EXPECT_EQ(loaded.snapshot->sites.at(1).routes.at(0).respond->body.text(), "a; drain 1s }$$ENV{PORT}");
}

TEST(Load, TenThousandSites) {
    std::string text;
    for (int site = 0; site < 10'000; ++site) {
        text += "site http://s" + std::to_string(site) + ".example {\n";
        for (int route = 0; route < 10; ++route)
            text += "    route /r" + std::to_string(route) + "/* { proxy 10.0.0." + std::to_string(route) + ":80 }\n";
        text += "}\n";
    }
    const auto loaded = load_text("weir.conf", std::move(text));
    ASSERT_TRUE(loaded.report.is_fine()) << loaded.report.text();
    EXPECT_EQ(loaded.snapshot->sites.size(), 10'000U);
    EXPECT_EQ(loaded.snapshot->sites.back().routes.size(), 10U);
    EXPECT_EQ(loaded.snapshot->group_options.size(), 10U);
}

}  // namespace
}  // namespace weir::config
