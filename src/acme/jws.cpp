#include "acme/jws.h"

#include "acme/encoding.h"
#include "acme/json.h"

namespace weir::acme {
namespace {

std::string flattened(const std::string& head, const std::string& payload, std::string_view signature) {
    return R"({"protected":")" + head + R"(","payload":")" + payload + R"(","signature":")" + base64url(signature) + "\"}";
}

}  // namespace

std::string sign_jws(const Key& key, const JwsHead& head, std::string_view payload) {
    const auto who = head.key_id.empty() ? R"("jwk":)" + key.jwk() : R"("kid":)" + json_string(head.key_id);
    const auto text = R"({"alg":"ES256",)" + who + R"(,"nonce":)" + json_string(head.nonce) + R"(,"url":)" + json_string(head.url) + "}";
    const auto coded_head = base64url(text);
    const auto coded_payload = base64url(payload);
    return flattened(coded_head, coded_payload, key.sign_es256(coded_head + "." + coded_payload));
}

Outcome<std::string> bind_external_account(const Key& key, const ExternalAccount& external, std::string_view url) {
    // CAs hand the key out with padding and without.
    auto coded = std::string_view(external.hmac_key);
    while (coded.ends_with('=')) coded.remove_suffix(1);
    const auto mac_key = parse_base64url(coded);
    if (!mac_key || mac_key->empty())
        return failure(Failure::Kind::local, "the HMAC key of the external account is not base64url, as the CA hands it out");
    const auto head = base64url(R"({"alg":"HS256","kid":)" + json_string(external.key_id) + R"(,"url":)" + json_string(url) + "}");
    const auto payload = base64url(key.jwk());
    return flattened(head, payload, hmac_sha256(*mac_key, head + "." + payload));
}

std::string key_authorization(const Key& key, std::string_view token) { return std::string(token) + "." + key.thumbprint(); }

}  // namespace weir::acme
