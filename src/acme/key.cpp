#include "acme/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <array>
#include <cstdlib>

#include "acme/encoding.h"
#include "acme/openssl.h"

namespace weir::acme {
namespace {

constexpr std::size_t kCoordinateOctets = 32;
using Coordinate = std::array<unsigned char, kCoordinateOctets>;

std::string_view view(const Coordinate& octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

// What can't fail for a key that this class has made or accepted.
void require(bool holds) {
    if (!holds) std::abort();
}

Coordinate coordinate_of(EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    require(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    Coordinate out{};
    require(BN_bn2binpad(number, out.data(), kCoordinateOctets) == kCoordinateOctets);
    BN_free(number);
    return out;
}

Coordinate octets_of(const BIGNUM* number) {
    Coordinate out{};
    require(BN_bn2binpad(number, out.data(), kCoordinateOctets) == kCoordinateOctets);
    return out;
}

}  // namespace

void Key::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Outcome<Key> Key::generate(CertificateKey kind) {
    EVP_PKEY* key = kind == CertificateKey::rsa2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    if (key == nullptr) return failure(Failure::Kind::local, "no key could be made: " + openssl_reason());
    return Key(key);
}

Outcome<Key> Key::parse(std::string_view pem) {
    const auto bio = bio_of(pem);
    // A callback of its own: the library would ask at the terminal for the password of an encrypted key.
    const auto no_password = [](char*, int, int, void*) { return -1; };
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
    if (key == nullptr) return failure(Failure::Kind::local, "no private key: " + openssl_reason());
    return Key(key);
}

std::string Key::pem() const {
    const OwnBio bio(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio.get());
}

std::string Key::jwk() const {
    const auto x = coordinate_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X);
    const auto y = coordinate_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
    return R"({"crv":"P-256","kty":"EC","x":")" + base64url(view(x)) + R"(","y":")" + base64url(view(y)) + "\"}";
}

std::string Key::thumbprint() const { return base64url(sha256(jwk())); }

std::string Key::sign_es256(std::string_view text) const {
    const OwnDigest digest(EVP_MD_CTX_new());
    require(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    std::array<unsigned char, 128> der;
    std::size_t size = der.size();
    require(EVP_DigestSign(digest.get(), der.data(), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    const unsigned char* from = der.data();
    const std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>> signature(d2i_ECDSA_SIG(nullptr, &from, static_cast<long>(size)));
    require(signature != nullptr);
    const auto r = octets_of(ECDSA_SIG_get0_r(signature.get()));
    const auto s = octets_of(ECDSA_SIG_get0_s(signature.get()));
    return std::string(view(r)) + std::string(view(s));
}

}  // namespace weir::acme
