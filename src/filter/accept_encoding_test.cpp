#include "filter/accept_encoding.h"

#include <gtest/gtest.h>

namespace weir::filter {
namespace {

using enum http::Coding;
constexpr http::Coding kOffered[] = {zstd, br, gzip};

struct Row {
    std::string_view said;
    http::Coding chosen;
};

TEST(AcceptEncoding, Chooses) {
    constexpr Row kRows[] = {
        {"gzip", gzip},
        {"x-gzip", gzip},
        {"GZIP", gzip},
        {"gzip, deflate, br, zstd", zstd},
        {"gzip, deflate, br", br},
        {"deflate", identity},
        {"compress", identity},
        {"", identity},
        {"identity", identity},
        {"*", gzip},
        {"br, *", br},
        {"*;q=0", identity},
        {"*;q=0, br", br},
        {"gzip;q=0, *", identity},
        {"br;q=0.5, gzip", gzip},
        {"br;q=0.001, gzip;q=0.002", gzip},
        {"br;q=1.000, gzip;q=0.999", br},
        {"gzip;q=0", identity},
        {"gzip;q=0.0, br;q=0.00", identity},
        {"gzip;q=0.5, identity", identity},
        {"gzip;q=0.5, identity;q=0.5", gzip},
        {"gzip, identity;q=0.5", gzip},
        {"identity;q=0", identity},
        {"identity;q=0, gzip;q=0", identity},
        {"identity;q=0, br", br},
        {"gzip ; q=0.8 ,br ;q=0.9", br},
        {"gzip;Q=0.8", gzip},
        {",, gzip ,,", gzip},
        {"gzip, gzip;q=0", identity},
        {"gzip;q=0, x-gzip", identity},
        {"gzip;q=", identity},
        {"gzip;q=2", identity},
        {"gzip;q=1.001", identity},
        {"gzip;q=0.1234", identity},
        {"gzip;q=.5", identity},
        {"gzip;q=-1", identity},
        {"gzip;level=9", identity},
        {"gzip;q=1;q=0", identity},
        {"gzipped, brotli", identity},
    };
    for (const auto& row : kRows) {
        Arena arena;
        http::Fields request(arena);
        request.add("Accept-Encoding", row.said);
        EXPECT_EQ(preferred(read_accept_encoding(request), kOffered), row.chosen) << row.said;
    }
}

TEST(AcceptEncoding, WithoutTheFieldNothingIsEncoded) {
    Arena arena;
    const http::Fields request(arena);
    EXPECT_EQ(preferred(read_accept_encoding(request), kOffered), identity);
    EXPECT_TRUE(read_accept_encoding(request).takes(identity));
}

TEST(AcceptEncoding, LinesAreOneList) {
    Arena arena;
    http::Fields request(arena);
    request.add("Accept-Encoding", "gzip");
    request.add("accept-encoding", "br;q=0.1, gzip;q=0");
    EXPECT_EQ(preferred(read_accept_encoding(request), kOffered), br);
}

TEST(AcceptEncoding, ALongListEndsSomewhere) {
    Arena arena;
    http::Fields request(arena);
    std::string many;
    for (unsigned i = 0; i < AcceptedCodings::kElementsMax; ++i) many += "a,";
    request.add("Accept-Encoding", arena.copy(many + "gzip"));
    EXPECT_EQ(preferred(read_accept_encoding(request), kOffered), identity);
}

}  // namespace
}  // namespace weir::filter
