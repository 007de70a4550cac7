// What a ClientSide holds, for its own sources.
#pragma once

#include <array>
#include <cstdint>

#include "tls/client_side.h"
#include "tls/owned.h"

namespace weir::tls {

struct ClientSide::Parts {
    ClientOptions options;
    Owned<ssl_ctx_st> ctx;
    std::uint64_t serial = 0;  // sessions of one side are not offered by another
    std::array<unsigned char, 32> pin{};
};

// Called by OpenSSL when a session may be resumed later. Defined beside ClientStream.
int keep_session(ssl_st* ssl, ssl_session_st* session);

}  // namespace weir::tls
