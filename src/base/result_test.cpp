#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <type_traits>

namespace weir {
namespace {

TEST(Result, AnErrorIsSmallAndCopiesAsOctets) {
    EXPECT_TRUE(std::is_trivially_copyable_v<Error>);
    EXPECT_LE(sizeof(Error), 16U);
}

TEST(Result, FailCarriesWhatItWasTold) {
    const Result<int> result = fail(ErrorCode::reset, Side::upstream, "while reading", Retry::if_reused);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::reset);
    EXPECT_EQ(result.error().side, Side::upstream);
    EXPECT_EQ(result.error().retry, Retry::if_reused);
    EXPECT_STREQ(result.error().detail, "while reading");
    EXPECT_EQ(fail(ErrorCode::closed, Side::client).error().retry, Retry::no);
}

TEST(Result, EqualityIsCodeAndSide) {
    const Error one{.code = ErrorCode::timeout, .side = Side::client, .detail = "head"};
    const Error same{.code = ErrorCode::timeout, .side = Side::client, .detail = "body"};
    const Error other{.code = ErrorCode::timeout, .side = Side::upstream};
    EXPECT_EQ(one, same);
    EXPECT_FALSE(one == other);
}

TEST(Result, EveryCodeHasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
        const auto word = word_of(static_cast<ErrorCode>(i));
        EXPECT_NE(word, "unknown") << i;
        EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << word;
        EXPECT_TRUE(words.insert(word).second) << word;
    }
    EXPECT_EQ(word_of(Side::client), "client");
    EXPECT_EQ(word_of(Side::upstream), "upstream");
    EXPECT_EQ(word_of(Side::self), "self");
}

TEST(Result, ErrnosOfSockets) {
    const struct {
        int system_errno;
        ErrorCode code;
    } rows[] = {
        {ECONNRESET, ErrorCode::reset},
        {EPIPE, ErrorCode::reset},
        {ECONNABORTED, ErrorCode::reset},
        {ECONNREFUSED, ErrorCode::refused},
        {ENOENT, ErrorCode::refused},
        {ETIMEDOUT, ErrorCode::timeout},
        {EHOSTUNREACH, ErrorCode::unreachable},
        {ENETUNREACH, ErrorCode::unreachable},
        {EMFILE, ErrorCode::no_descriptors},
        {ENFILE, ErrorCode::no_descriptors},
        {EINVAL, ErrorCode::system},
    };
    for (const auto& row : rows) EXPECT_EQ(code_of_errno(row.system_errno), row.code) << row.system_errno;
}

}  // namespace
}  // namespace weir
