#include "tls/context_shelf.h"

#include "tls/test_world.h"

namespace weir::tls {
namespace {

class ContextShelfTest : public TlsTest {
protected:
    ssl_ctx_st* find(const CertificateSet& set) { return shelf_.find({endpoint_, base_.get(), options_, tickets_}, set); }
    static CertificateSet set_of(const Ref<const Certificate>& one) { return {{one, {}}}; }

    Ref<const Endpoint> endpoint_ = endpoint();
    Owned<ssl_ctx_st> base_ = std::move(*make_server_ctx({}, {}));
    ServerOptions options_;
    TicketOptions tickets_;
    ContextShelf shelf_;
};

TEST_F(ContextShelfTest, TheSameCertificatesFindTheSameContext) {
    const auto set = set_of(certificate());
    auto* first = find(set);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(find(set), first);
    EXPECT_EQ(find(set_of(certificate())), first) << "another list of the same";
    EXPECT_NE(find({{certificate(), {}}, {authority_.certificate({"a.example"}, KeyKind::rsa), {}}}), first);
    EXPECT_EQ(find({}), nullptr);
}

TEST_F(ContextShelfTest, FilesOfAuthoritiesAreNotReadHere) {
    options_.client_auth.kind = ClientAuthOptions::Kind::required;
    EXPECT_EQ(find(set_of(certificate())), nullptr);
}

TEST_F(ContextShelfTest, WhoFindsItsPlaceTakenGetsItInTheEnd) {
    std::vector<CertificateSet> sets;
    for (std::size_t i = 0; i <= ContextShelf::kPlaces; ++i) {
        const auto pem = authority_.leaf({"a.example"});
        sets.push_back(set_of(*Certificate::parse(pem.certificate, pem.key)));
    }
    // More than there are places: at least one goes without, for a while.
    std::size_t without = 0;
    const CertificateSet* waiting = nullptr;
    for (const auto& set : sets)
        if (find(set) == nullptr) ++without, waiting = &set;
    ASSERT_GE(without, 1U);
    std::uint32_t tries = 0;
    while (find(*waiting) == nullptr && tries < 100) ++tries;
    EXPECT_LE(tries, ContextShelf::kPatience);
    EXPECT_NE(find(*waiting), nullptr);
}

// A renewed certificate takes the place: the context goes when its last handshake is over, its connections stay.
TEST_F(ContextShelfTest, WhatIsKnownOfAConnectionOutlivesItsContext) {
    const auto client = side();
    const auto fill_place = [&] {
        for (std::uint32_t i = 0; i < ContextShelf::kPatience; ++i) connect(client, endpoint_);
        return connect(client, endpoint_);
    };
    const auto pair = fill_place();
    ASSERT_TRUE(pair.is_open());
    const std::string group(pair.server->facts().group);
    live_ = live_of({certificate(), authority_.certificate({"a.example"}, KeyKind::rsa)});
    fill_place();
    EXPECT_EQ(pair.server->facts().group, group);
}

}  // namespace
}  // namespace weir::tls
