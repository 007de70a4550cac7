// The account at a CA (RFC 8555 7.3): made once, its key kept before the CA hears of it, so that a crash in between finds it again.
// Thread: control.
#pragma once

#include <optional>
#include <string>

#include "acme/client.h"
#include "acme/options.h"
#include "acme/store.h"

namespace weir::acme {

class Account {
public:
    Account(const Options& options, const Store& store, Client& client) : options_(options), store_(store), client_(client) {}
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // There is a key and the CA knows it: loads, makes, registers, or tells the CA of another mail address, as is needed. One at a time:
    // the Certifier sees to that.
    io::Task<Outcome<>> open(io::Deadline deadline);
    // After open().
    const Key& key() const { return *key_; }

    // A signed request in this account's name. When the CA does not know the account any more, the next open() makes one.
    io::Task<Outcome<FetchAnswer>> post(std::string url, std::string payload, io::Deadline deadline);

private:
    Outcome<> load_or_make_key();
    io::Task<Outcome<>> register_key(io::Deadline deadline);
    io::Task<Outcome<>> update_email(io::Deadline deadline);
    std::string contact() const;

    const Options& options_;
    const Store& store_;
    Client& client_;
    std::optional<Key> key_;
    std::string url_;
    std::string known_email_;
};

}  // namespace weir::acme
