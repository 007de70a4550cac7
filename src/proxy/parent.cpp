#include "proxy/parent.h"

#include "filter/forwarded.h"
#include "http/semantics.h"

namespace weir::proxy {

using Id = http::FieldId;

bool goes_to_parent(const RoutePlan& route, const http::Request& request, const http::Facts& facts) {
    if (!route.cache || !route.cache->parent.is_there()) return false;
    if (!facts.cache_key.empty()) return true;
    return !is_safe(request.method) && request.method != http::Method::connect;
}

void address_to_parent(const ProxyPlan& plan, const http::Facts& facts, http::Request& sent) {
    auto& fields = sent.fields;
    auto forwarded = plan.forwarded;
    forwarded.x_forwarded = true;
    filter::apply(forwarded, facts, fields);
    // Somebody in front whom we trust may have told another host than the one in the request. Of lists that several proxies have
    // lengthened the parent would have to guess which element was believed here.
    if (facts.request != nullptr && facts.host != facts.request->host && !facts.host.empty()) {
        const bool is_ip6 = facts.host.contains(':');
        sent.authority = is_ip6 ? sent.arena().concat({"[", facts.host, "]"}) : facts.host;
        fields.set(Id::host, sent.authority);
    }
    fields.set(Id::x_forwarded_host, sent.authority);
    fields.set(Id::x_forwarded_proto, name_of(facts.scheme));
}

void add_cdn_loop(const RoutePlan& route, http::Fields& fields) {
    if (route.loop) fields.add(Id::cdn_loop, route.loop->id);
}

}  // namespace weir::proxy
