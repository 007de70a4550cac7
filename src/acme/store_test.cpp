#include "acme/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "acme/encoding.h"
#include "acme/jws.h"

namespace weir::acme {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
protected:
    StoreTest() {
        char path[] = "/tmp/weir-store-XXXXXX";
        options_.state_directory = ::mkdtemp(path);
    }
    ~StoreTest() override { fs::remove_all(options_.state_directory); }
    std::vector<fs::path> files() const {
        std::vector<fs::path> all;
        for (const auto& entry : fs::recursive_directory_iterator(options_.state_directory))
            if (entry.is_regular_file()) all.push_back(entry.path());
        return all;
    }

    Options options_;
};

TEST_F(StoreTest, KeepsAnAccount) {
    const Store store(options_);
    ASSERT_TRUE(store.prepare());
    EXPECT_FALSE(store.account());
    ASSERT_TRUE(store.save_account_key("key"));
    EXPECT_EQ(store.account()->key_pem, "key");
    EXPECT_EQ(store.account()->url, "");
    ASSERT_TRUE(store.save_account_url("https://ca.example/1", "me@a.example"));
    EXPECT_EQ(store.account()->url, "https://ca.example/1");
    EXPECT_EQ(store.account()->email, "me@a.example");
    store.forget_account_url();
    EXPECT_EQ(Store(options_).account()->url, "");
}

TEST_F(StoreTest, KeepsKeyAndChainTogetherForTheirOwnerAlone) {
    const Store store(options_);
    ASSERT_TRUE(store.prepare());
    const auto pair = make_challenge_certificate("a.example", "x", {});
    const auto place = store.place_of({"a.example"});
    EXPECT_FALSE(store.certificate(place));
    ASSERT_TRUE(store.save_certificate(place, *pair));
    EXPECT_EQ(store.certificate(place), *pair);
    ASSERT_EQ(files().size(), 1U);
    for (const auto& file : files()) {
        EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
        EXPECT_EQ(fs::status(file.parent_path()).permissions(), fs::perms::owner_all);
    }
}

TEST_F(StoreTest, SurvivesFilesThatWereCut) {
    const Store store(options_);
    ASSERT_TRUE(store.prepare());
    const auto pair = *make_challenge_certificate("a.example", "x", {});
    const auto place = store.place_of({"a.example"});
    ASSERT_TRUE(store.save_certificate(place, pair));
    const auto file = files().at(0);
    const auto whole = pair.key_pem + pair.chain_pem;
    for (std::size_t size = 0; size < whole.size() - 30; size += 37) {
        std::ofstream(file, std::ios::trunc) << whole.substr(0, size);
        const auto got = store.certificate(place);
        if (got) EXPECT_FALSE(read_leaf(*got)) << size;
    }
    // What was being written when the machine stopped is in nobody's way.
    std::ofstream(file.string() + ".new") << "half";
    ASSERT_TRUE(store.save_certificate(place, pair));
    EXPECT_EQ(store.certificate(place), pair);
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(StoreTest, RemembersTries) {
    const Store store(options_);
    ASSERT_TRUE(store.prepare());
    const Store::Tries tries{.failures = 3, .not_before = *parse_time("2026-01-02T03:04:05Z"), .is_asked_for = true};
    EXPECT_EQ(store.tries("a"), Store::Tries{});
    store.save_tries("a", tries);
    EXPECT_EQ(store.tries("a"), tries);
    store.save_tries("a", {});
    EXPECT_EQ(store.tries("a"), Store::Tries{});
    EXPECT_TRUE(files().empty());
}

TEST_F(StoreTest, PlacesDiffer) {
    const Store store(options_);
    EXPECT_EQ(store.place_of({"a.example", "b.example"}).substr(0, 9), "a.example");
    EXPECT_NE(store.place_of({"a.example"}), store.place_of({"a.example", "b.example"}));
    EXPECT_EQ(store.place_of({"a.example", "b.example", "c.example"}), store.place_of({"a.example", "c.example", "b.example"}));
    EXPECT_FALSE(store.place_of({"../../etc/passwd"}).contains('/'));
    auto others = options_;
    others.key = CertificateKey::rsa2048;
    EXPECT_NE(Store(others).place_of({"a.example"}), store.place_of({"a.example"}));
}

}  // namespace
}  // namespace weir::acme
