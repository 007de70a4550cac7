// Which sanitizers watch this build: they must see every allocation and every call into the system.
#pragma once

namespace weir {

#if defined(__has_feature)
#define WEIR_HAS_SANITIZER(name) __has_feature(name)
#else
#define WEIR_HAS_SANITIZER(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || WEIR_HAS_SANITIZER(address_sanitizer)
inline constexpr bool kHasAddressSanitizer = true;
#else
inline constexpr bool kHasAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || WEIR_HAS_SANITIZER(thread_sanitizer)
inline constexpr bool kHasThreadSanitizer = true;
#else
inline constexpr bool kHasThreadSanitizer = false;
#endif

#undef WEIR_HAS_SANITIZER

}  // namespace weir
