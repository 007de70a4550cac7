# weir_embed(TARGET FUNCTION FOLDER): puts every file below FOLDER into the program. TARGET gets a source that defines
#   std::span<const weir::cli::EmbeddedFile> weir::cli::FUNCTION()
# with paths relative to FOLDER, sorted. Run as a script it writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
    file(GLOB_RECURSE paths RELATIVE "${FOLDER}" "${FOLDER}/*")
    list(SORT paths)
    set(arrays "")
    set(entries "")
    set(index 0)
    foreach(path IN LISTS paths)
        file(READ "${FOLDER}/${path}" octets HEX)
        string(REGEX REPLACE "(..)" "0x\\1," octets "${octets}")
        string(APPEND arrays "constexpr unsigned char kFile${index}[] = {${octets}0};\n")
        string(APPEND entries
            "    {\"${path}\", {reinterpret_cast<const char*>(kFile${index}), sizeof(kFile${index}) - 1}},\n")
        math(EXPR index "${index} + 1")
    endforeach()
    set(text "#include \"cli/demo/embedded.h\"\n\nnamespace weir::cli {\nnamespace {\n${arrays}")
    string(APPEND text "const EmbeddedFile kFiles[] = {\n${entries}};\n}  // namespace\n\n")
    string(APPEND text "std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }\n\n}  // namespace weir::cli\n")
    file(WRITE "${OUTPUT}" "${text}")
    return()
endif()

set(WEIR_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
function(weir_embed target function folder)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*")
    set(output "${PROJECT_BINARY_DIR}/embedded/${function}.cpp")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${PROJECT_SOURCE_DIR}/${folder}" "-DFUNCTION=${function}" "-DOUTPUT=${output}"
                -P "${WEIR_EMBED_SCRIPT}"
        DEPENDS ${files} "${WEIR_EMBED_SCRIPT}"
        VERBATIM)
    target_sources(${target} PRIVATE "${output}")
endfunction()
