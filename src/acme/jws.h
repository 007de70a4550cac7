// Signed requests (RFC 7515 in its flattened form, RFC 8555 6.2) and what is signed inside them. Pure functions but for the signature's
// own randomness.
#pragma once

#include <string>
#include <string_view>

#include "acme/key.h"

namespace weir::acme {

struct JwsHead {
    std::string_view url;
    std::string_view nonce;
    std::string_view key_id;  // the account's URL; empty: the public key itself goes along (newAccount only)
};

// `payload`: the JSON to be signed; empty for POST-as-GET (RFC 8555 6.3).
std::string sign_jws(const Key& key, const JwsHead& head, std::string_view payload);

// RFC 8555 7.3.4: the account's key, signed with the MAC key that the CA handed out; the value of "externalAccountBinding".
Outcome<std::string> bind_external_account(const Key& key, const ExternalAccount& external, std::string_view url);

// RFC 8555 8.1.
std::string key_authorization(const Key& key, std::string_view token);

}  // namespace weir::acme
