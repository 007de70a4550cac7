#include "http/trailers.h"

namespace weir::http {
namespace {

// RFC 9110 6.5.1: what frames, routes, authenticates, controls or describes the message must be known before its body.
constexpr FieldSet kForbiddenInTrailers{
    FieldId::age,
    FieldId::authorization,
    FieldId::cache_control,
    FieldId::cdn_cache_control,
    FieldId::cdn_loop,
    FieldId::connection,
    FieldId::content_encoding,
    FieldId::content_length,
    FieldId::content_location,
    FieldId::content_range,
    FieldId::content_type,
    FieldId::cookie,
    FieldId::date,
    FieldId::early_data,
    FieldId::expect,
    FieldId::expires,
    FieldId::forwarded,
    FieldId::host,
    FieldId::http2_settings,
    FieldId::if_match,
    FieldId::if_modified_since,
    FieldId::if_none_match,
    FieldId::if_range,
    FieldId::if_unmodified_since,
    FieldId::keep_alive,
    FieldId::location,
    FieldId::max_forwards,
    FieldId::pragma,
    FieldId::proxy_authenticate,
    FieldId::proxy_authorization,
    FieldId::proxy_connection,
    FieldId::range,
    FieldId::retry_after,
    FieldId::set_cookie,
    FieldId::te,
    FieldId::trailer,
    FieldId::transfer_encoding,
    FieldId::upgrade,
    FieldId::vary,
    FieldId::via,
    FieldId::www_authenticate,
    FieldId::x_forwarded_for,
    FieldId::x_forwarded_host,
    FieldId::x_forwarded_port,
    FieldId::x_forwarded_proto,
    FieldId::x_real_ip,
};

}  // namespace

bool may_be_trailer(FieldId id) { return !kForbiddenInTrailers.has(id); }

}  // namespace weir::http
