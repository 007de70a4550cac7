#include "filter/aliases.h"

#include <gtest/gtest.h>

namespace weir::filter {
namespace {

bool stays(std::string_view name, const HeaderEdits& edits = {}) {
    Arena arena;
    http::Fields fields(arena);
    fields.add("Accept", "*/*");
    fields.add(name, "lie");
    remove_aliases(edits, fields);
    EXPECT_TRUE(fields.has(http::FieldId::accept)) << name;
    return fields.size() == 2;
}

TEST(Aliases, OfWhatIsGuardedAreRemoved) {
    for (const auto* name :
         {"X_Forwarded_For", "x-forwarded_for", "X_FORWARDED-PROTO", "X_Forwarded_Prefix", "X_Forwarded", "X_Real_IP", "x_request_id",
          "Content_Length", "Transfer_Encoding", "Early_Data", "CDN_Loop", "Proxy", "PROXY", "Proxy_Connection", "HTTP2_Settings"})
        EXPECT_FALSE(stays(name)) << name;
}

TEST(Aliases, OtherNamesStay) {
    for (const auto* name : {"X_Tenant", "_", "__", "transfer_encoding_", "Content_Type", "sec_websocket_key", "X-Tenant", "Proxy-Hint",
                             "Proxies", "Prox_y", "X_Forwarder", "a_name_that_is_longer_than_any_that_is_guarded_and_then_some"})
        EXPECT_TRUE(stays(name)) << name;
}

TEST(Aliases, WhatTheRouteSetsOrRemovesIsGuarded) {
    HeaderEdits edits;
    for (const auto* name : {"X-User", "X_Tenant_Id", "X-A-Name-That-Is-Longer-Than-Any-Of-Those-That-Weir-Knows"})
        edits.push_back({.kind = HeaderEdit::Kind::set, .name = name, .value = *http::Template::compile("$client_ip")});
    for (const auto* name : {"X_User", "x_user", "X_Tenant-Id", "X-Tenant-Id", "X_A_Name_That_Is_Longer_Than_Any-Of-Those-That-Weir-Knows"})
        EXPECT_FALSE(stays(name, edits)) << name;
    for (const auto* name : {"X_Users", "X_Use", "XUser", "X-User", "x_tenant_id"}) EXPECT_TRUE(stays(name, edits)) << name;
}

}  // namespace
}  // namespace weir::filter
