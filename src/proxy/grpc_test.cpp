#include "proxy/grpc.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

using namespace std::chrono_literals;

TEST(Grpc, IsKnownByItsTypeOverHttp2Only) {
    struct Row {
        const char* type;
        http::Version version;
        bool is;
    };
    constexpr Row kRows[] = {
        {"application/grpc", http::Version::http2, true},     {"application/grpc+proto", http::Version::http2, true},
        {"application/grpc;x=y", http::Version::http2, true}, {"application/grpc-web", http::Version::http2, false},
        {"application/json", http::Version::http2, false},    {"", http::Version::http2, false},
        {"application/grpc", http::Version::http11, false},
    };
    for (const auto& row : kRows) {
        Arena arena;
        http::Request request(arena);
        request.version = row.version;
        if (*row.type != '\0') request.fields.add(http::FieldId::content_type, row.type);
        EXPECT_EQ(is_grpc(request), row.is) << row.type;
        request.fields.add("grpc-timeout", "2S");
        EXPECT_EQ(grpc_timeout_of(request), row.is ? std::optional<Duration>(2s) : std::nullopt) << row.type;
    }
}

TEST(Grpc, StatusOfAnErrorOfOurOwn) {
    EXPECT_EQ(grpc_status_of(503), 14);
    EXPECT_EQ(grpc_status_of(504), 14);
    EXPECT_EQ(grpc_status_of(404), 12);
    EXPECT_EQ(grpc_status_of(418), 2);
}

TEST(Grpc, Timeouts) {
    struct Row {
        const char* text;
        std::optional<Duration> time;
    };
    const Row kRows[] = {
        {"1S", 1s},
        {"0n", 0s},
        {"100m", 100ms},
        {"5u", 5us},
        {"7n", 7ns},
        {"3M", 3min},
        {"2H", 2h},
        {"99999999S", 8760h},
        {"99999999H", 8760h},
        {"99999999m", 99'999'999ms},
        {"", {}},
        {"S", {}},
        {"1", {}},
        {"1s", {}},
        {"-1S", {}},
        {"1 S", {}},
        {"1.5S", {}},
        {"123456789m", {}},
    };
    for (const auto& row : kRows) EXPECT_EQ(read_grpc_timeout(row.text), row.time) << row.text;
}

}  // namespace
}  // namespace weir::proxy
