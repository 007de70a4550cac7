#include "cache/encoded_forms.h"

#include <gtest/gtest.h>

#include "cache/entry.h"
#include "io/sim_backend.h"

namespace weir::cache {
namespace {

using http::Coding;

class FormsOfAnEntry : public testing::Test {
protected:
    Ref<Entry> entry() {
        Arena arena;
        http::Response head(arena);
        EntryParts parts;
        parts.response = &head;
        parts.body = Segments::make(account_, 0, false);
        return Entry::make(std::move(parts));
    }

    Ref<Account> account_ = make_ref<Account>();
};

TEST_F(FormsOfAnEntry, OneOfEachCoding) {
    {
        const auto parent = entry();
        auto& forms = parent->forms();
        EXPECT_FALSE(forms.find(Coding::br).entry);
        const auto first = entry();
        EXPECT_TRUE(forms.put(Coding::br, {.entry = first, .fill = {}}, account_));
        EXPECT_FALSE(forms.put(Coding::br, {.entry = entry(), .fill = {}}, account_));
        EXPECT_TRUE(forms.put(Coding::gzip, {.entry = entry(), .fill = {}}, account_));
        EXPECT_EQ(forms.find(Coding::br).entry, first);
        EXPECT_NE(forms.find(Coding::gzip).entry, first);
        EXPECT_FALSE(forms.find(Coding::zstd).entry);
        EXPECT_FALSE(forms.find(Coding::identity).entry);
        forms.remove(Coding::gzip, *first);  // that is not there
        EXPECT_TRUE(forms.find(Coding::gzip).entry);
        forms.remove(Coding::br, *first);
        EXPECT_FALSE(forms.find(Coding::br).entry);
    }
    EXPECT_EQ(account_->used(), 0U);
}

TEST_F(FormsOfAnEntry, ABrokenOneGivesWay) {
    const auto parent = entry();
    auto& forms = parent->forms();
    const auto broken = entry();
    EXPECT_TRUE(forms.put(Coding::zstd, {.entry = broken, .fill = {}}, account_));
    broken->end(false);
    EXPECT_FALSE(forms.find(Coding::zstd).entry);
    const auto next = entry();
    EXPECT_TRUE(forms.put(Coding::zstd, {.entry = next, .fill = {}}, account_));
    forms.end(Coding::zstd, *broken);
    EXPECT_EQ(forms.find(Coding::zstd).entry, next);
}

TEST_F(FormsOfAnEntry, AWholeOneNeedsItsFillNoMore) {
    io::Worker worker(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1);
    worker.enter();
    const auto parent = entry();
    const auto form = entry();
    const auto fill = make_ref<Fill>(1, 0, 0);
    EXPECT_TRUE(parent->forms().put(Coding::br, {.entry = form, .fill = fill}, account_));
    EXPECT_EQ(parent->forms().find(Coding::br).fill, fill);
    form->end(true);
    parent->forms().end(Coding::br, *form);
    EXPECT_EQ(parent->forms().find(Coding::br).entry, form);
    EXPECT_FALSE(parent->forms().find(Coding::br).fill);
    worker.leave();
}

}  // namespace
}  // namespace weir::cache
