#include "http/h2/session_parts.h"

#include <nghttp2/nghttp2.h>

#include "io/broken.h"

namespace weir::http::h2 {

void SessionPartEnd::operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
void SessionPartEnd::operator()(nghttp2_option* options) const { nghttp2_option_del(options); }

SessionCallbacks make_session_callbacks() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) io::broken("no memory for the callbacks of HTTP/2");
    return SessionCallbacks(made);
}

SessionOptions make_session_options() {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) io::broken("no memory for the options of HTTP/2");
    nghttp2_option_set_no_auto_window_update(made, 1);
    nghttp2_option_set_no_closed_streams(made, 1);  // kept for the priorities of RFC 7540 only
    return SessionOptions(made);
}

}  // namespace weir::http::h2
