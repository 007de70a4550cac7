// explain: what would become of a request, and why, as text for a person. Asks the same parser, decide() and filters as live traffic, so it
// can't disagree with it. No I/O: the Snapshot may come from a file or from the running process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/address.h"
#include "proxy/snapshot.h"

namespace weir::proxy {

struct ExplainQuery {
    std::string method = "GET";
    std::string url;  // "https://shop.example.com/a?b"; without a scheme and host, "/a": Host decides
    std::vector<std::pair<std::string, std::string>> headers;
    // What the client's TLS would be, when the URL says https; the name it asks for is the URL's.
    std::string client_subject;  // of its certificate; empty: it shows none
    std::string ja4;
    net::Ip client = net::Ip::parse("127.0.0.1").value_or(net::Ip{});
};

std::string explain(const Snapshot& snapshot, const ExplainQuery& query);

}  // namespace weir::proxy
