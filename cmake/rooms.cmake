# The rooms of the house (ARCHITECTURE.md), in the order of their levels. A room links the rooms of the levels below its own and
# nothing else; tools/tidy holds the includes to the same.
set(WEIR_LEVELS
    "base"
    "io"
    "net"
    "tls"
    "http"
    "route upstream cache guard observe acme"
    "filter"
    "proxy"
    "config"
    "server"
    "cli")

# What a room takes from the distribution.
set(weir_base_libraries fmt::fmt spdlog::spdlog weir_pcre2)
set(weir_net_libraries weir_cares)
set(weir_tls_libraries weir_openssl)
set(weir_http_libraries weir_nghttp2 weir_openssl)
set(weir_filter_libraries weir_compression)
set(weir_filter_test_libraries weir_decompression)
set(weir_acme_libraries weir_openssl weir_rapidjson)
set(weir_config_libraries weir_rapidjson)
set(weir_server_libraries weir_rapidjson)
set(weir_cli_libraries CLI11::CLI11 weir_rapidjson)

# weir_room(NAME LOWER_ROOM…): the library weir_NAME from the room's sources, the program weir_NAME_test from its tests.
function(weir_room name)
    set(lower ${ARGN})
    list(TRANSFORM lower PREPEND weir_)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "src/${name}/*.cpp")
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")

    set(library "weir_${name}")
    if(sources)
        add_library(${library} STATIC ${sources})
        set(scope PUBLIC)
        target_compile_definitions(${library} PRIVATE WEIR_VERSION="${PROJECT_VERSION}")
        target_link_libraries(${library} PRIVATE ${weir_${name}_libraries})
    else()
        add_library(${library} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${library} ${scope} "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(${library} ${scope} ${lower} Threads::Threads)

    if(tests AND WEIR_TESTS)
        add_executable(${library}_test ${tests})
        target_link_libraries(${library}_test PRIVATE ${library} ${weir_${name}_libraries} ${weir_${name}_test_libraries}
            GTest::gmock GTest::gtest_main)
        set_property(GLOBAL APPEND PROPERTY WEIR_TEST_PROGRAMS ${library}_test)
    endif()
endfunction()

# All rooms; WEIR_ROOM_LIBRARIES lists their libraries, the highest first.
macro(weir_rooms)
    set(weir_lower)
    foreach(weir_level IN LISTS WEIR_LEVELS)
        string(REPLACE " " ";" weir_level "${weir_level}")
        foreach(weir_name IN LISTS weir_level)
            weir_room(${weir_name} ${weir_lower})
        endforeach()
        list(PREPEND weir_lower ${weir_level})
    endforeach()
    set(WEIR_ROOM_LIBRARIES ${weir_lower})
    list(TRANSFORM WEIR_ROOM_LIBRARIES PREPEND weir_)
endmacro()
