// The spans of an exchange between two of its moments (http::Moments): the same words in the access log, in metrics and in templates.
#pragma once

#include "base/clock.h"
#include "http/facts.h"

namespace weir::observe {

inline constexpr Duration kNoSpan = Duration::min();

// kNoSpan when one of both never came.
inline Duration span_between(TimePoint from, TimePoint to) { return from == TimePoint{} || to == TimePoint{} ? kNoSpan : to - from; }

inline Duration total_time(const http::Moments& at) { return span_between(at.begun, at.done); }
inline Duration request_time(const http::Moments& at) { return span_between(at.begun, at.head_read); }     // of the head
inline Duration queue_time(const http::Moments& at) { return span_between(at.head_read, at.selected); }    // deciding, waiting for a peer
inline Duration connect_time(const http::Moments& at) { return span_between(at.selected, at.connected); }  // zero-like when reused
inline Duration first_byte_time(const http::Moments& at) { return span_between(at.sent, at.first_byte); }  // what the origin took
inline Duration body_time(const http::Moments& at) { return span_between(at.first_byte, at.done); }

}  // namespace weir::observe
