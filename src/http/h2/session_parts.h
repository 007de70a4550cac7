// What libnghttp2's sessions of either side are made with: callbacks and options. Each side makes its own once and only reads them ever
// after, on any thread. Inside of the room only.
#pragma once

#include <memory>

struct nghttp2_option;
struct nghttp2_session_callbacks;

namespace weir::http::h2 {

struct SessionPartEnd {
    void operator()(nghttp2_session_callbacks* callbacks) const;
    void operator()(nghttp2_option* options) const;
};
using SessionCallbacks = std::unique_ptr<nghttp2_session_callbacks, SessionPartEnd>;
using SessionOptions = std::unique_ptr<nghttp2_option, SessionPartEnd>;

SessionCallbacks make_session_callbacks();
// With what both sides want: windows follow the pull, closed streams are forgotten.
SessionOptions make_session_options();

}  // namespace weir::http::h2
