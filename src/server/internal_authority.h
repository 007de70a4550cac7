// InternalAuthority: the CA of `tls internal` and the certificates it gives, kept in the state directory so that a browser that trusts it
// goes on doing so after a restart.
//   internal/ca.pem ca.key        the authority: ten years; its certificate may be given to browsers
//   internal/NAME.pem NAME.key    a leaf: ninety days, replaced after sixty
// Thread: control; it blocks for as long as the disk does.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tls/certificate.h"
#include "tls/internal_ca.h"

namespace weir::server {

class InternalAuthority {
public:
    explicit InternalAuthority(std::string state_directory) : folder_(std::move(state_directory) + "/internal") {}

    // The kept one while it is good for these names and not due, else a new one. The error is for a person.
    std::expected<Ref<const tls::Certificate>, std::string> leaf_for(const std::vector<std::string>& names, WallTime now);
    static WallTime renewal_of(const tls::Certificate& leaf);
    // What is kept for these names, good or not; makes nothing.
    std::expected<Ref<const tls::Certificate>, std::string> kept_for(const std::vector<std::string>& names) const;
    std::string ca_file() const { return folder_ + "/ca.pem"; }
    const std::string& folder() const { return folder_; }

private:
    std::expected<void, std::string> prepare(WallTime now);
    std::expected<void, std::string> keep(const std::string& place, const tls::PemPair& pair) const;

    std::string folder_;
    tls::PemPair ca_;
};

}  // namespace weir::server
