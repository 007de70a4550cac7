#include "cache/disk/record.h"

#include <gtest/gtest.h>

#include "cache/disk/crc32c.h"
#include "cache/disk/test_entries.h"

namespace weir::cache {
namespace {

TEST(Crc32c, KnownValues) {
    // RFC 3720 B.4
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
}

TEST(Crc32c, TheInstructionAndTheTableAgreeAtEveryCut) {
    std::string text;
    for (int i = 0; i < 100; ++i) text.push_back(static_cast<char>(i * 37));
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const std::string_view view(text);
        EXPECT_EQ(crc32c(view.substr(cut)), crc32c_by_table(view.substr(cut)));
        EXPECT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), crc32c_by_table(view));
    }
}

class RecordTest : public testing::Test {
protected:
    std::string encode(const TestAnswer& answer) {
        const auto entry = make_answer(answer, account_);
        std::vector<std::uint32_t> sums;
        for (std::size_t at = 0; at < answer.body.size(); at += kRecordBlock)
            sums.push_back(crc32c(std::string_view(answer.body).substr(at, kRecordBlock)));
        std::string head;
        EXPECT_TRUE(
            encode_head({.entry = entry.raw(), .key = "http://a.example/x\nh1", .hash = 77, .sequence = 5, .block_sums = sums}, head));
        return head;
    }
    Ref<Account> account_ = make_ref<Account>();
    Arena arena_;
};

TEST_F(RecordTest, SaysWhatTheEntrySaid) {
    const std::string body(kRecordBlock + 5, 'b');
    const auto head = encode({.body = body, .born = 9, .tags = {3, 16000}, .vary_names = "accept", .variant = "text/html", .status = 404});
    const auto octets = head + "what follows";
    const auto record = decode_record(octets, arena_);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->lengths.head, head.size());
    EXPECT_EQ(record->lengths.body, body.size());
    EXPECT_EQ(record->lengths.hash, 77U);
    EXPECT_EQ(record->sequence, 5U);
    EXPECT_EQ(record->born, 9U);
    EXPECT_EQ(record->key, "http://a.example/x\nh1");
    EXPECT_EQ(record->vary_names, "accept");
    EXPECT_EQ(record->variant, "text/html");
    EXPECT_EQ(std::vector(record->tags.begin(), record->tags.end()), (std::vector<TagCell>{3, 16000}));
    ASSERT_EQ(record->fields.size(), 2U);
    EXPECT_EQ(record->fields[0].name, "Content-Type");
    EXPECT_EQ(record->fields[0].id, http::FieldId::content_type);
    EXPECT_EQ(record->fields[1].value, "65541");
    EXPECT_EQ(record->terms.status, 404);
    EXPECT_EQ(record->terms.lifetime, Delta(600));
    EXPECT_FALSE(record->terms.since_modified);
    EXPECT_TRUE(record->is_block(0, std::string_view(body).substr(0, kRecordBlock)));
    EXPECT_TRUE(record->is_block(1, "bbbbb"));
    EXPECT_FALSE(record->is_block(1, "bbbba"));
    EXPECT_FALSE(record->is_block(1, "bbbb"));
    EXPECT_FALSE(record->is_block(2, ""));
}

TEST_F(RecordTest, AManifestSaysWhatItsSlicesAre) {
    const auto head = encode({.slicing = {.id = 77, .octets = 1024 * 1024}, .sliced = std::uint64_t{10} << 30U});
    const auto record = decode_record(head, arena_);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->slicing.id, 77U);
    EXPECT_EQ(record->slicing.octets, 1024U * 1024);
    EXPECT_EQ(record->sliced, std::uint64_t{10} << 30U);
    EXPECT_EQ(record->lengths.body, 0U);
}

TEST_F(RecordTest, AManifestThatCantBeOneIsNone) {
    const TestAnswer rows[] = {
        {.slicing = {.id = 7, .octets = 1024}, .sliced = 1024},
        {.slicing = {.id = 7, .octets = 1024}, .sliced = 0},
        {.slicing = {.id = 7, .octets = 1024}, .sliced = ~std::uint64_t{0}},
        {.slicing = {.id = 7, .octets = kSliceMax + 1}, .sliced = std::uint64_t{1} << 30U},
        {.body = "one of its own", .slicing = {.id = 7, .octets = 1024}, .sliced = 2048},
        {.slicing = {.id = 7, .octets = 0}, .sliced = 2048},
    };
    for (const auto& row : rows) EXPECT_FALSE(decode_record(encode(row), arena_)) << row.slicing.octets << ' ' << row.sliced;
}

TEST_F(RecordTest, ADamagedOneIsNone) {
    const auto head = encode({.body = "some body", .tags = {1}});
    for (std::size_t at = 0; at < head.size(); ++at) {
        EXPECT_FALSE(decode_record(std::string_view(head).substr(0, at), arena_)) << at;
        for (const unsigned bit : {0U, 3U, 7U}) {
            auto damaged = head;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            EXPECT_FALSE(decode_record(damaged, arena_)) << at << ' ' << bit;
        }
    }
}

TEST_F(RecordTest, CanMoveToAnotherSegment) {
    auto head = encode({.body = "some body"});
    move_head(head, 123);
    const auto record = decode_record(head, arena_);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->sequence, 123U);
}

TEST(Identity, TellsVariantsApart) {
    EXPECT_EQ(identity_of("http://a/x", "", ""), 0);
    EXPECT_NE(identity_of("http://a/x", "accept", "a") & kIdentityVariant, 0);
    EXPECT_NE(identity_of("http://a/x", "accept", "a"), identity_of("http://a/x", "accept", "b"));
    EXPECT_NE(identity_of("http://a/x\nha:1", "", ""), identity_of("http://a/x\nha:2", "", ""));
}

}  // namespace
}  // namespace weir::cache
