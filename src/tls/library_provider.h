// Our provider for OpenSSL: the key schedule of TLS 1.3 (RFC 8446 7.1) as key_schedule.h has it. The library's own searches for a digest
// and a MAC and takes memory for both at each of a handshake's derivations, which is a tenth of all its time. Whoever asks with
// kPrefersOurs gets it, where the library's configuration does not demand something else (FIPS); without it all works as before.
// Thread: any. What is derived for records of the application can be kept: SecretKeeper.
#pragma once

#include "tls/key_schedule.h"

namespace weir::tls {

// For SSL_CTX_new_ex.
inline constexpr const char* kPrefersOurs = "?provider=weir";

// Before the first use of kPrefersOurs; again does nothing. False: the library would not have it.
bool load_library_provider();

// The secrets from which the keys of application data are made, and those of tickets, of a handshake that goes on while this is the
// thread's present one. They are wiped at its end.
struct TrafficSecrets {
    Secret client{};
    Secret server{};
    Secret resumption{};
    SuiteDigest digest = SuiteDigest::sha256;
    bool has_client = false;
    bool has_server = false;
    bool has_resumption = false;

    TrafficSecrets() = default;
    TrafficSecrets(const TrafficSecrets&) = delete;
    TrafficSecrets& operator=(const TrafficSecrets&) = delete;
    ~TrafficSecrets();
};

// Sets it for the thread as long as it lives.
class SecretKeeper {
public:
    explicit SecretKeeper(TrafficSecrets* secrets);
    SecretKeeper(const SecretKeeper&) = delete;
    SecretKeeper& operator=(const SecretKeeper&) = delete;
    ~SecretKeeper();
};

}  // namespace weir::tls
