# What `make install` puts where: the program, its manual page, the systemd units, a first configuration that is never overwritten.
if(TARGET weir)
    install(TARGETS weir RUNTIME)
    # The manual page comes from the schema of the configuration, by the program itself.
    set(weir_manual "${PROJECT_BINARY_DIR}/weir.1")
    install(CODE "
        execute_process(COMMAND \"${PROJECT_BINARY_DIR}/weir\" man OUTPUT_FILE \"${weir_manual}\" RESULT_VARIABLE status ERROR_QUIET)
        if(status EQUAL 0)
            file(INSTALL \"${weir_manual}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1\")
        endif()")

    set(weir_units "lib/systemd/system")
    configure_file(packaging/weir.service packaging/weir.service @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/packaging/weir.service" packaging/weir.socket DESTINATION "${weir_units}")
    install(FILES packaging/weir.sysusers DESTINATION lib/sysusers.d RENAME weir.conf)
    install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
    install(CODE "
        set(conf \"\$ENV{DESTDIR}/etc/weir/weir.conf\")
        if(EXISTS \"\${conf}\")
            message(STATUS \"Kept: \${conf}\")
        else()
            file(INSTALL \"${PROJECT_SOURCE_DIR}/packaging/weir.conf\" DESTINATION /etc/weir)
        endif()")
endif()
