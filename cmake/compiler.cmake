# Picks the compiler before project(): clang 19 or newer, unless the caller chose one (CXX, -DCMAKE_CXX_COMPILER, a toolchain file).
if(NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX} AND NOT CMAKE_TOOLCHAIN_FILE)
    find_program(WEIR_CLANGXX NAMES clang++-19 clang++-20 clang++-21 clang++-22 clang++ DOC "The C++ compiler")
    if(WEIR_CLANGXX)
        set(CMAKE_CXX_COMPILER "${WEIR_CLANGXX}")
    endif()
endif()

# Called after project().
function(weir_require_compiler)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
            message(FATAL_ERROR
                "GCC ${CMAKE_CXX_COMPILER_VERSION} is refused: GCC 12 miscompiles coroutines, mostly silently (an awaited condition, "
                "aggregates and capturing lambdas inside an awaiting expression), and 13 is not known to be free of it. "
                "Use clang 19 or newer (tools/setup build installs it), or GCC 14.")
        endif()
    elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
            message(FATAL_ERROR
                "clang ${CMAKE_CXX_COMPILER_VERSION} is too old: std::expected of libstdc++ needs clang 19. "
                "tools/setup build installs it.")
        endif()
    else()
        message(FATAL_ERROR "Unknown compiler ${CMAKE_CXX_COMPILER_ID}: use clang 19 or newer, or GCC 14 or newer.")
    endif()
endfunction()

# ccache, when present. Objects carry no path of their source and build directories, so that all of them share one cache.
find_program(WEIR_CCACHE ccache DOC "Compiler cache")
if(WEIR_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_NOHASHDIR=1 "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" "${WEIR_CCACHE}")
endif()
