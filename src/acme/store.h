// Store: what outlives a restart, as files of the state directory (base/state_file.h): a reader finds the old text or the new one and never
// half of one. A certificate and its key are one file: they can't come apart.
//
//   acme/<CA>/account.pem                    the account's private key
//   acme/<CA>/account.url                    the account's URL at the CA, then the address for its mail, a line each
//   acme/<CA>/certificates/<NAME>-<ID>.pem   the private key, then the chain
//   acme/<CA>/certificates/<NAME>-<ID>.try   failures in a row, the time before which nothing is tried, 1 when the CA asked for that
//
// <CA> is the host of the directory's URL and eight hex digits of the whole; <ID> eight hex digits of the names and the kind of key. A file
// that can't be read for what it should be is as if it were not there. Thread: control; it blocks for as long as the disk does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme/certificate.h"

namespace weir::acme {

class Store {
public:
    explicit Store(const Options& options);

    // Makes the folders; fails when they can't be written to.
    Outcome<> prepare() const;

    struct Account {
        std::string key_pem;
        std::string url;    // empty: not registered yet
        std::string email;  // as the CA knows it
    };
    std::optional<Account> account() const;
    Outcome<> save_account_key(std::string_view key_pem) const;
    Outcome<> save_account_url(std::string_view url, std::string_view email) const;
    void forget_account_url() const;

    // The place of a certificate for these names.
    std::string place_of(const NameSet& names) const;
    std::optional<Pair> certificate(const std::string& place) const;
    Outcome<> save_certificate(const std::string& place, const Pair& pair) const;

    struct Tries {
        std::uint32_t failures = 0;
        WallTime not_before{};      // of the next try
        bool is_asked_for = false;  // by the CA: a rate limit
        bool operator==(const Tries&) const = default;
    };
    Tries tries(const std::string& place) const;
    // No failures: the file goes.
    void save_tries(const std::string& place, const Tries& tries) const;

private:
    std::string folder_;
    std::string certificates_;
    CertificateKey key_;
};

}  // namespace weir::acme
