// By which of its addresses a site speaks TLS. Inside of the room only.
#pragma once

#include "config/literal.h"
#include "config/resolve.h"

namespace weir::config {

// The `certificate` in effect; nullptr: nobody says one, which is `auto`.
const Item* certificate_of(const ResolvedSite& site);
// The `tls` in effect; nullptr: nobody says one.
const Item* tls_of(const ResolvedSite& site);
// localhost, or an address: no authority certifies it, `auto` is `internal`.
bool is_own_machine(const SiteName& name);
bool has_listen(const ResolvedSite& site);
// A name without scheme and port, of a site with a `listen` address, is reached there alone.
bool is_listened_on(const ResolvedSite& site, const SiteName& name);
bool is_tls(const ResolvedSite& site, const SiteName& name);
// By any of its addresses.
bool speaks_tls(const ResolvedSite& site);

}  // namespace weir::config
