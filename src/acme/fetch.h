// Fetcher: HTTP requests of the control worker to a CA, and to the operator's `ask` URL: a few, each bounded in size and time. A finished
// connection is kept for the next request to the same server; close_idle() ends those. Redirects are answers like others.
// Thread: control. It must outlive its requests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme/outcome.h"
#include "base/ref.h"
#include "io/deadline.h"
#include "io/task.h"
#include "net/stream.h"

namespace weir::net {
class Resolver;
}
namespace weir::tls {
class ClientSide;
}

namespace weir::acme {

struct FetchRequest {
    std::string_view method = "GET";
    std::string url;
    std::string content_type;  // of the body; empty: there is no body
    std::string body;
};

struct FetchAnswer {
    std::uint16_t status = 0;
    std::vector<std::pair<std::string, std::string>> fields;  // those of kKeptFields, names in lower case, several values joined
    std::string body;
    std::string_view field(std::string_view name) const;
};

class Fetcher {
public:
    static constexpr std::size_t kBodyOctetsMax = 512 * 1024;
    static constexpr std::size_t kIdleMax = 4;
    static constexpr Duration kRequestTime = std::chrono::seconds(30);

    // `side`: TLS with its trust; for https only.
    Fetcher(net::Resolver& resolver, Ref<const tls::ClientSide> side);
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;
    ~Fetcher();

    // Failures: unreachable (with the reason), stopped.
    io::Task<Outcome<FetchAnswer>> fetch(FetchRequest request, io::Deadline deadline);
    void close_idle() { idle_.clear(); }

private:
    struct Server;
    struct Idle {
        std::string origin;
        std::unique_ptr<net::Stream> stream;
    };
    std::unique_ptr<net::Stream> take_idle(const std::string& origin);
    io::Task<Result<std::unique_ptr<net::Stream>>> open(const Server& server, io::Deadline deadline);
    io::Task<Result<FetchAnswer>> exchange(std::unique_ptr<net::Stream>& stream, const Server& server, const FetchRequest& request,
                                           io::Deadline deadline);

    net::Resolver& resolver_;
    Ref<const tls::ClientSide> side_;
    std::vector<Idle> idle_;
};

// Why a URL can't be fetched; empty when it can. Without `allows_http`, plain HTTP is for this machine only (RFC 8555 6.1).
std::string fault_of_url(std::string_view url, bool allows_http);

}  // namespace weir::acme
