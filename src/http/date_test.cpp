#include "http/date.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

WallTime at(long long seconds) { return WallTime(std::chrono::seconds(seconds)); }

std::string written(WallTime time) {
    std::array<char, kDateOctets> out;
    write_date(time, out);
    return {out.data(), out.size()};
}

TEST(Date, IsWritten) {
    EXPECT_EQ(written(at(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 5.6.7
    EXPECT_EQ(written(at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(written(at(951782400)), "Tue, 29 Feb 2000 00:00:00 GMT");
    EXPECT_EQ(written(at(4107542399)), "Sun, 28 Feb 2100 23:59:59 GMT");
    EXPECT_EQ(written(at(-1)), "Wed, 31 Dec 1969 23:59:59 GMT");
    EXPECT_EQ(written(at(784111777) + std::chrono::milliseconds(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Date, IsReadInThreeForms) {
    for (const auto* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
        EXPECT_EQ(parse_date(text), at(784111777)) << text;
    EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994"), at(784111777 + 10 * 86400));
    EXPECT_EQ(parse_date("Friday, 01-Jan-38 00:00:00 GMT"), at(2145916800));
    EXPECT_EQ(parse_date("Thursday, 01-Jan-70 00:00:00 GMT"), at(0));
    EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT"), at(1483228800));
}

TEST(Date, IsReadInAnyCase) {
    for (const auto* text : {"SUN, 06 nov 1994 08:49:37 gMt", "sUNDAY, 06-NOV-94 08:49:37 gmt", "sun nOV  6 08:49:37 1994"})
        EXPECT_EQ(parse_date(text), at(784111777)) << text;
}

TEST(Date, FarAwayIsTheEdgeOfTime) {
    EXPECT_EQ(written(*parse_date("Fri, 31 Dec 9999 23:59:59 GMT")), "Fri, 11 Apr 2262 23:47:16 GMT");
    EXPECT_EQ(written(WallTime::max()), "Fri, 11 Apr 2262 23:47:16 GMT");
    EXPECT_EQ(written(WallTime::min()), "Tue, 21 Sep 1677 00:12:43 GMT");
    EXPECT_EQ(written(*parse_date("Mon, 01 Jan 0001 00:00:00 GMT")), "Tue, 21 Sep 1677 00:12:44 GMT");
}

TEST(Date, IsReadAsWritten) {
    for (long long seconds = -2'000'000'000; seconds < 5'000'000'000; seconds += 7'654'321)
        EXPECT_EQ(parse_date(written(at(seconds))), at(seconds));
}

TEST(Date, RefusesTheRest) {
    for (const auto* text : {"",
                             "0",
                             "-1",
                             "Sun",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             " Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:00:00 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Nov 94 08:49:37 GMT",
                             "Sun 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06  Nov  1994 08:49:37 GMT",
                             "Sun, 06-Nov-1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08.49.37 GMT",
                             "Sun, 06 Nov 1994 8:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37 AEST",
                             "unM, 06 Nov 1994 08:49:37 GMT",
                             "Sun, +6 Nov 1994 08:49:37 GMT",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "2024-01-01T00:00:00Z"})
        EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

}  // namespace
}  // namespace weir::http
