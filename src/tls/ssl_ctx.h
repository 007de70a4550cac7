// An SSL_CTX as both sides want it: versions, ciphers, groups and signatures of a Policy, memory given back while idle, no cache of its
// own. For the sources of this room.
#pragma once

#include <expected>
#include <string>

#include "tls/options.h"
#include "tls/owned.h"

namespace weir::tls {

enum class Role : std::uint8_t { server, client };

// The error is for a person: which option the library refused, and why.
std::expected<Owned<ssl_ctx_st>, std::string> make_ssl_ctx(Role role, const Policy& policy);

}  // namespace weir::tls
