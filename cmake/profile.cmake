# What a running Weir does often (bench/profile, which tools/profile makes): the compiler lays code out by it. Functions that have changed
# since, or that the profile does not name, are compiled as without.
set(WEIR_PROFILE "" CACHE STRING "Profile of a running program: 'use' the one in bench/profile, or 'make' a program that writes one")
if(NOT WEIR_PROFILE OR NOT weir_is_clang)
    return()
endif()

# Names of functions that are local to a file begin with its name, wherever the sources lie.
set(weir_profile_names "SHELL:-mllvm -static-func-full-module-prefix=false")
if(WEIR_PROFILE STREQUAL "make")
    add_compile_options(-fprofile-generate "${weir_profile_names}")
    add_link_options(-fprofile-generate)
    return()
endif()

find_program(WEIR_PROFDATA NAMES llvm-profdata HINTS "${weir_compiler_dir}" NO_DEFAULT_PATH)
set(weir_profile_text "${PROJECT_SOURCE_DIR}/bench/profile/weir.proftext")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${weir_profile_text}")
if(NOT WEIR_PROFDATA)
    message(STATUS "compiled without the profile: llvm-profdata is missing")
    return()
endif()
# A profile of another content has another name: all that is compiled with it is compiled again.
file(SHA256 "${weir_profile_text}" weir_profile_hash)
string(SUBSTRING "${weir_profile_hash}" 0 12 weir_profile_hash)
set(weir_profile "${PROJECT_BINARY_DIR}/profile-${weir_profile_hash}.profdata")
if(NOT EXISTS "${weir_profile}")
    execute_process(COMMAND "${WEIR_PROFDATA}" merge -o "${weir_profile}" "${weir_profile_text}" COMMAND_ERROR_IS_FATAL ANY)
endif()
add_compile_options("-fprofile-use=${weir_profile}" "${weir_profile_names}")
add_compile_options(-Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date -Wno-backend-plugin)
