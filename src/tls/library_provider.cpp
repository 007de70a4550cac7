#include "tls/library_provider.h"

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <cstring>

#include "base/text.h"

namespace weir::tls {
namespace {

constexpr const char* kName = "weir";

thread_local TrafficSecrets* present_secrets = nullptr;

// What one derivation is asked for.
struct Wanted {
    int mode = -1;
    std::optional<SuiteDigest> digest;
    Octets key;
    Octets salt;
    Octets content;
    std::string_view prefix;
    std::string_view label;
    bool has_key = false;
    bool has_salt = false;
};

Octets octets_in(const OSSL_PARAM& parameter) { return {static_cast<const std::uint8_t*>(parameter.data), parameter.data_size}; }
std::string_view text_in(const OSSL_PARAM& parameter) { return {static_cast<const char*>(parameter.data), parameter.data_size}; }

// A text's size is not always said: then it ends with a NUL.
std::string_view name_in(const OSSL_PARAM& parameter) {
    const auto* text = static_cast<const char*>(parameter.data);
    return {text, parameter.data_size != 0 ? strnlen(text, parameter.data_size) : std::strlen(text)};
}

Wanted read(const OSSL_PARAM* parameter) {
    Wanted wanted;
    for (; parameter != nullptr && parameter->key != nullptr; ++parameter) {
        const std::string_view key = parameter->key;
        if (key == OSSL_KDF_PARAM_MODE) OSSL_PARAM_get_int(parameter, &wanted.mode);
        else if (key == OSSL_KDF_PARAM_DIGEST) wanted.digest = digest_of_name(name_in(*parameter));
        else if (key == OSSL_KDF_PARAM_KEY) wanted.key = octets_in(*parameter), wanted.has_key = true;
        else if (key == OSSL_KDF_PARAM_SALT) wanted.salt = octets_in(*parameter), wanted.has_salt = true;
        else if (key == OSSL_KDF_PARAM_PREFIX) wanted.prefix = text_in(*parameter);
        else if (key == OSSL_KDF_PARAM_LABEL) wanted.label = text_in(*parameter);
        else if (key == OSSL_KDF_PARAM_DATA) wanted.content = octets_in(*parameter);
    }
    return wanted;
}

// HKDF-Extract, with Derive-Secret(., "derived", "") of the secret before, where there is one.
bool extract(const Wanted& wanted, std::span<std::uint8_t> out) {
    const auto digest = *wanted.digest;
    const auto octets = octets_of(digest);
    if (out.size() != octets || wanted.salt.size() > octets) return false;
    constexpr Secret kZeros{};
    Secret salt{};
    if (wanted.has_salt) {
        Secret empty_digest{};
        digest_of(digest, {}, empty_digest.data());
        const Octets content{empty_digest.data(), octets};
        if (!expand_label(digest, wanted.salt, wanted.prefix, wanted.label, content, {salt.data(), octets})) return false;
    }
    const Octets parts[] = {wanted.has_key ? wanted.key : Octets{kZeros.data(), octets}};
    hmac(digest, {salt.data(), wanted.has_salt ? octets : 0}, parts, out.data());
    OPENSSL_cleanse(salt.data(), salt.size());
    return true;
}

void keep(const Wanted& wanted, std::span<const std::uint8_t> out) {
    auto* secrets = present_secrets;
    if (secrets == nullptr || out.size() > kDigestMax) return;
    const auto take = [&](std::string_view label, Secret& secret, bool& has) {
        if (wanted.label != label) return;
        std::memcpy(secret.data(), out.data(), out.size());
        secrets->digest = *wanted.digest;
        has = true;
    };
    take("c ap traffic", secrets->client, secrets->has_client);
    take("s ap traffic", secrets->server, secrets->has_server);
    take("res master", secrets->resumption, secrets->has_resumption);
}

int derive(void*, unsigned char* out, std::size_t octets, const OSSL_PARAM parameters[]) {
    const auto wanted = read(parameters);
    if (!wanted.digest) return 0;
    if (wanted.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY) return extract(wanted, {out, octets}) ? 1 : 0;
    if (wanted.mode != EVP_KDF_HKDF_MODE_EXPAND_ONLY || wanted.key.size() != octets_of(*wanted.digest)) return 0;
    if (!expand_label(*wanted.digest, wanted.key, wanted.prefix, wanted.label, wanted.content, {out, octets})) return 0;
    keep(wanted, {out, octets});
    return 1;
}

// A derivation has no state: all it needs comes with the call.
void* no_state(void*) {
    static char place;
    return &place;
}
void drop_state(void*) {}

template <class Function>
OSSL_DISPATCH entry(int id, Function* function) {
    return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_ALGORITHM* algorithms_of(void*, int operation, int* may_change) {
    static const OSSL_DISPATCH kDerivation[] = {entry(OSSL_FUNC_KDF_NEWCTX, no_state), entry(OSSL_FUNC_KDF_FREECTX, drop_state),
                                                entry(OSSL_FUNC_KDF_DERIVE, derive), OSSL_DISPATCH{0, nullptr}};
    static const OSSL_ALGORITHM kDerivations[] = {{"TLS13-KDF", "provider=weir", kDerivation, "the key schedule of TLS 1.3"},
                                                  {nullptr, nullptr, nullptr, nullptr}};
    *may_change = 0;
    return operation == OSSL_OP_KDF ? kDerivations : nullptr;
}

int begin(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** out, void** state) {
    static const OSSL_DISPATCH kProvider[] = {entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, algorithms_of), OSSL_DISPATCH{0, nullptr}};
    *out = kProvider;
    *state = no_state(nullptr);
    return 1;
}

}  // namespace

bool load_library_provider() {
    // Held until the process ends. The library's own ones stay as its configuration says.
    static const OSSL_PROVIDER* const kLoaded = [] {
        const bool is_known = OSSL_PROVIDER_add_builtin(nullptr, kName, begin) == 1;
        auto* loaded = is_known ? OSSL_PROVIDER_try_load(nullptr, kName, 1) : nullptr;
        ERR_clear_error();
        return loaded;
    }();
    return kLoaded != nullptr;
}

TrafficSecrets::~TrafficSecrets() {
    OPENSSL_cleanse(client.data(), client.size());
    OPENSSL_cleanse(server.data(), server.size());
    OPENSSL_cleanse(resumption.data(), resumption.size());
}

SecretKeeper::SecretKeeper(TrafficSecrets* secrets) { present_secrets = secrets; }
SecretKeeper::~SecretKeeper() { present_secrets = nullptr; }

}  // namespace weir::tls
