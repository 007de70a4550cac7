// The walk of one order (RFC 8555 7.4): newOrder, authorizations, challenges, finalize, download. What is shown for challenges is taken
// down on every path. Thread: control.
#pragma once

#include <string>
#include <vector>

#include "acme/account.h"
#include "acme/outlet.h"

namespace weir::acme {

inline constexpr Duration kOrderTime = std::chrono::minutes(10);  // for the whole walk
inline constexpr Duration kPollFirst = std::chrono::seconds(1);
inline constexpr Duration kPollMax = std::chrono::seconds(30);

struct OrderWish {
    NameSet names;
    CertificateKey key = CertificateKey::ecdsa_p256;
    std::vector<ChallengeKind> challenges;  // the preferred first
    std::string replaces;                   // ari_id of the certificate that this one follows (RFC 9773 5); may be empty
};

class OrderWalk {
public:
    // The account is open.
    OrderWalk(OrderWish wish, Account& account, Client& client, Outlet& outlet)
        : wish_(std::move(wish)), account_(account), client_(client), outlet_(outlet) {}

    io::Task<Outcome<Issued>> run(io::Deadline deadline);

private:
    io::Task<Outcome<Issued>> walk(io::Deadline deadline);
    io::Task<Outcome<Order>> place_order(io::Deadline deadline);
    io::Task<Outcome<Order>> post_order(std::string url, std::string payload, io::Deadline deadline);
    io::Task<Outcome<>> prove_all(const Order& order, io::Deadline deadline);
    io::Task<Outcome<bool>> begin_proof(const std::string& url, io::Deadline deadline);
    io::Task<Outcome<>> show(const Challenge& challenge, ChallengeKind kind, std::string name);
    io::Task<Outcome<>> wait_for_proof(const std::string& url, io::Deadline deadline);
    io::Task<Outcome<Order>> poll_order(Order order, OrderStatus until, io::Deadline deadline);
    io::Task<Outcome<Issued>> finalize(Order order, io::Deadline deadline);
    io::Task<Outcome<Authorization>> authorization(const std::string& url, io::Deadline deadline);

    OrderWish wish_;
    Account& account_;
    Client& client_;
    Outlet& outlet_;
    std::string order_url_;
    std::optional<Duration> retry_after_;  // of the last answer
    std::vector<ShownChallenge> shown_;
};

std::string_view word_of(ChallengeKind kind);  // "http-01"

}  // namespace weir::acme
