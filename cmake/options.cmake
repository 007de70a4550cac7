# Compile and link options of every target. Build kinds are cache variables set by the presets.
set(WEIR_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: 'address,undefined' or 'thread'")
option(WEIR_WERROR "Warnings are errors" OFF)
option(WEIR_COVERAGE "Instrument for source coverage" OFF)
option(WEIR_FUZZ "Build the fuzz programs" OFF)
option(WEIR_LTO "ThinLTO for the weir program" OFF)
option(WEIR_TESTS "Build the test programs" ON)
# Two percent of the instructions that a request takes: the release does without.
option(WEIR_FRAME_POINTERS "Keep frame pointers, for profilers" ON)

set(weir_is_clang OFF)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(weir_is_clang ON)
endif()

# Language.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# DWARF 4: what the valgrind of Debian 12 can read.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -gdwarf-4 -DNDEBUG")

# Warnings. Aggregates are written with designated initializers and defaults: what is left out is meant.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(weir_is_clang)
    add_compile_options(-Wimplicit-fallthrough -Wunreachable-code-break -Wno-missing-designated-field-initializers)
endif()
if(WEIR_WERROR)
    add_compile_options(-Werror)
endif()

# Code generation: everything ends in an executable, none of it in a shared library.
add_compile_options(-fPIE -fno-plt -ftls-model=initial-exec)
if(WEIR_FRAME_POINTERS)
    add_compile_options(-fno-omit-frame-pointer -momit-leaf-frame-pointer)
endif()
add_link_options(-pie)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-march=x86-64-v2)
endif()

# The same object from every build directory.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(weir_is_clang)
    add_compile_options(-fdebug-compilation-dir=.)
endif()

# lld links faster than the default and does ThinLTO.
if(weir_is_clang)
    get_filename_component(weir_compiler_dir "${CMAKE_CXX_COMPILER}" REALPATH)
    get_filename_component(weir_compiler_dir "${weir_compiler_dir}" DIRECTORY)
    find_program(WEIR_LLD NAMES ld.lld HINTS "${weir_compiler_dir}" NO_DEFAULT_PATH)
    if(NOT WEIR_LLD)
        find_program(WEIR_LLD NAMES ld.lld-19 ld.lld)
    endif()
    if(WEIR_LLD)
        add_link_options("--ld-path=${WEIR_LLD}")
    endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Hardening: together half a percent of the instructions that parsing a request takes.
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
    add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed)
    add_compile_options(-ffunction-sections -fdata-sections)
endif()

# Fat objects hold bitcode and machine code: the weir program is linked from the first, the tests, quickly, from the second.
if(WEIR_LTO AND weir_is_clang AND WEIR_LLD)
    add_compile_options(-flto=thin -ffat-lto-objects)
endif()

if(WEIR_SANITIZE)
    add_compile_options("-fsanitize=${WEIR_SANITIZE}" -fno-sanitize-recover=all)
    add_link_options("-fsanitize=${WEIR_SANITIZE}")
endif()
if(WEIR_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(WEIR_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
    add_link_options(-fprofile-instr-generate)
endif()
