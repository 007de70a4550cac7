// ClientSide: TLS to the servers of one upstream: its trust, its own certificate, and the sessions that can be resumed. Made by the control
// thread, shared by the workers.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/ref.h"
#include "tls/options.h"

namespace weir::tls {

class ClientSide : public Counted {
public:
    // The error is for a person: which file or option, and why.
    static std::expected<Ref<const ClientSide>, std::string> make(const ClientOptions& options);
    ~ClientSide();
    const ClientOptions& options() const;

private:
    friend class ClientStream;
    struct Parts;
    explicit ClientSide(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace weir::tls
