#include "base/secret_name.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(SecretName, Rows) {
    const struct {
        std::string_view name;
        bool is_secret;
    } rows[] = {
        {"", false},
        {"q", false},
        {"page", false},
        {"id", false},
        {"author", false},
        {"keyword", false},
        {"keys", false},
        {"color", false},
        {"sort", false},
        {"state", false},
        {"password", true},
        {"Password", true},
        {"user[passwd]", true},
        {"pwd", true},
        {"passphrase", true},
        {"token", true},
        {"access_token", true},
        {"id_token_hint", true},
        {"client_secret", true},
        {"key", true},
        {"api_key", true},
        {"apiKey", true},
        {"user[key]", true},
        {"user%5Bkey%5D", true},
        {"X-Api-Key", true},
        {"auth", true},
        {"Authorization", true},
        {"sig", true},
        {"X-Amz-Signature", true},
        {"Set-Cookie", true},
        {"PHPSESSID", true},
        {"sid", true},
        {"jwt", true},
        {"credential", true},
        {"inside", false},
    };
    for (const auto& row : rows) EXPECT_EQ(is_secret_name(row.name), row.is_secret) << row.name;
}

}  // namespace
}  // namespace weir
