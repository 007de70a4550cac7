# Libraries from the distribution; none is vendored. tools/setup installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(weir_cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(weir_pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(weir_openssl REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(weir_nghttp2 REQUIRED IMPORTED_TARGET libnghttp2>=1.50)
pkg_check_modules(weir_zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(weir_brotli REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(weir_brotli_reading REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(weir_zstd REQUIRED IMPORTED_TARGET libzstd)
add_library(weir_cares ALIAS PkgConfig::weir_cares)
add_library(weir_pcre2 ALIAS PkgConfig::weir_pcre2)
add_library(weir_openssl ALIAS PkgConfig::weir_openssl)
add_library(weir_nghttp2 ALIAS PkgConfig::weir_nghttp2)
add_library(weir_compression INTERFACE)
target_link_libraries(weir_compression INTERFACE PkgConfig::weir_zlib PkgConfig::weir_brotli PkgConfig::weir_zstd)
# What reads it again: for tests and fuzz targets.
add_library(weir_decompression INTERFACE)
target_link_libraries(weir_decompression INTERFACE weir_compression PkgConfig::weir_brotli_reading)

# Headers only; its SAX reader and writer are what is used.
find_path(RAPIDJSON_INCLUDE rapidjson/reader.h REQUIRED)
add_library(weir_rapidjson INTERFACE)
target_include_directories(weir_rapidjson SYSTEM INTERFACE "${RAPIDJSON_INCLUDE}")

# The allocator of the weir program. Sanitizers bring their own.
find_library(MIMALLOC_LIBRARY mimalloc)

if(WEIR_TESTS)
    find_package(GTest)
    if(NOT GTest_FOUND)
        message(STATUS "No GoogleTest: the test programs are left out. tools/setup test installs it.")
        set(WEIR_TESTS OFF)
    endif()
endif()
