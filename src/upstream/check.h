// One health check: what is asked of a peer, what it answered, and what a row of answers means. Thread: the control worker's.
#pragma once

#include <string>

#include "io/deadline.h"
#include "io/task.h"
#include "net/address.h"
#include "tls/client_side.h"
#include "upstream/options.h"

namespace weir::upstream {

// What is checked. Equal targets are checked once, however many groups and servers have them.
struct CheckTarget {
    net::Address address;
    std::string host;  // for the Host field
    CheckOptions options;
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    Protocol protocol = Protocol::automatic;
    Ref<const tls::ClientSide> tls;  // nullptr: in the clear
    std::string tls_host;            // the server's name as configured
    bool operator==(const CheckTarget&) const = default;
    // For a table of targets.
    std::string key() const;
};

CheckTarget target_of(const GroupOptions& group, const ServerOptions& server, const net::Address& address,
                      const Ref<const tls::ClientSide>& tls = {});

// The outcome of one check: good, or why not: one word, "status 503", or what TLS says.
struct CheckResult {
    bool is_good = false;
    std::string reason;
};

// Connects, with TLS where the group speaks it, asks over the group's protocol when it is an HTTP check, and closes; all within the check's
// timeout.
io::Task<CheckResult> run_check(const CheckTarget& target, io::Stop& stop);

// Results in a row against rise and fall. Starts up: a new peer is trusted until it fails.
class CheckState {
public:
    explicit CheckState(bool is_up = true) : is_up_(is_up) {}
    bool is_up() const { return is_up_; }
    // True when this result turned it.
    bool take(bool is_good, const CheckOptions& options) {
        if (is_good == is_up_) {
            against_ = 0;
            return false;
        }
        if (++against_ < (is_up_ ? options.fall : options.rise)) return false;
        is_up_ = !is_up_;
        against_ = 0;
        return true;
    }

private:
    bool is_up_;
    std::uint32_t against_ = 0;  // results in a row that speak against the present state
};

}  // namespace weir::upstream
