#include "http/field_names.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

struct Case {
    FieldNames names;
    const char* field;  // nullptr: none
    bool may_be;
};

TEST(FieldNames, TellWhetherToLook) {
    const Case cases[] = {
        {{}, "X-Tags", false},        {{"X-Tags"}, nullptr, false},
        {{"X-Tags"}, "x-tags", true}, {{"X-Tags"}, "X-Other", true},  // not known either: look
        {{"X-Tags"}, "Vary", false},  {{"vary"}, "Vary", true},
        {{"Vary"}, "X-Tags", false},  {{"Vary", "X-Tags"}, "X-Tags", true},
    };
    for (const auto& one : cases) {
        Arena arena;
        Fields fields(arena);
        fields.add(FieldId::content_type, "text/plain");
        if (one.field != nullptr) fields.add(one.field, "a");
        EXPECT_EQ(one.names.may_be_in(fields), one.may_be) << (one.field == nullptr ? "none" : one.field);
    }
}

}  // namespace
}  // namespace weir::http
