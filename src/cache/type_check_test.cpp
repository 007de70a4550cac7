#include "cache/type_check.h"

#include <gtest/gtest.h>

namespace weir::cache {
namespace {

TEST(TypeCheck, ExtensionsOfPaths) {
    const struct {
        std::string_view path, extension;
    } rows[] = {
        {"/a/b.css", "css"},
        {"/a.css/b", ""},
        {"/b", ""},
        {"/", ""},
        {"", ""},
        {"/b.", ""},
        {"/.css", "css"},
        {"/b.min.js", "js"},
        {"/account;x.css", "css"},
        {"/b.css;id=1", "css"},
        {"/b.CSS", "CSS"},
        {"/b.css,x", "css"},
        {"b.css", "css"},
    };
    for (const auto& row : rows) EXPECT_EQ(extension_of(row.path), row.extension) << row.path;
}

TEST(TypeCheck, TypesOfExtensions) {
    const struct {
        std::string_view extension, type;
        bool agrees;
    } rows[] = {
        {"css", "text/css", true},
        {"CSS", "Text/CSS; charset=utf-8", true},
        {"css", "text/html", false},
        {"css", "", false},
        {"css", "text/cs", false},
        {"js", "application/javascript", true},
        {"js", "text/javascript", true},
        {"js", "application/json", false},
        {"png", "image/webp", true},
        {"png", "text/html; image/png", false},
        {"woff2", "font/woff2", true},
        {"woff2", "application/font-woff2", true},
        {"mp4", "video/mp4", true},
        {"gz", "application/x-gzip", true},
        {"pdf", "application/octet-stream", true},
        {"txt", "text/html", false},
        {"xml", "application/rss+xml", true},
        {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
        {"html", "application/json", true},
        {"", "text/html", true},
        {"php", "text/html", true},
    };
    for (const auto& row : rows) EXPECT_EQ(type_agrees(row.extension, row.type), row.agrees) << row.extension << " " << row.type;
}

}  // namespace
}  // namespace weir::cache
