# Packages of agent and hub: `./dev package`. Each is a component; what stands in it is told here alone.
include(GNUInstallDirs)

find_program(GZIP gzip REQUIRED)

# Without the time and the name of the file, so that the same sources give the same package.
function(sallyport_compressed component destination name source)
  set(compressed ${CMAKE_BINARY_DIR}/packages/${component}/${name}.gz)
  add_custom_command(OUTPUT ${compressed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/packages/${component}
    COMMAND ${GZIP} -9 -n -c ${source} > ${compressed}
    DEPENDS ${source} VERBATIM)
  string(MAKE_C_IDENTIFIER package_${component}_${name} target)
  add_custom_target(${target} DEPENDS ${compressed})
  add_dependencies(package_files ${target})
  install(FILES ${compressed} DESTINATION ${destination} COMPONENT ${component})
endfunction()
add_custom_target(package_files COMMENT "What the packages hold beside the programs")

# Further arguments: units beside the service.
function(sallyport_package component program configuration)
  set(folder ${PROJECT_SOURCE_DIR}/packaging)
  install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT ${component})
  foreach(unit ${program}.service ${ARGN})
    install(FILES ${folder}/systemd/${unit} DESTINATION lib/systemd/system COMPONENT ${component})
  endforeach()
  install(FILES ${folder}/sysusers/${program}.conf DESTINATION lib/sysusers.d COMPONENT ${component})
  install(FILES ${folder}/tmpfiles/${program}.conf DESTINATION lib/tmpfiles.d COMPONENT ${component})
  install(FILES ${folder}/completion/sallyport.bash RENAME ${program}
          DESTINATION share/bash-completion/completions COMPONENT ${component})
  install(FILES ${folder}/examples/${configuration} DESTINATION /etc/${program} COMPONENT ${component})
  set(doc share/doc/${program})
  install(FILES ${folder}/examples/${configuration} DESTINATION ${doc}/examples COMPONENT ${component})
  install(FILES ${folder}/debian/copyright DESTINATION ${doc} COMPONENT ${component})
  install(PROGRAMS ${folder}/verify/verify_audit.py ${folder}/verify/check_proof.py
          DESTINATION ${doc}/verify COMPONENT ${component})
  sallyport_compressed(${component} share/man/man1 ${program}.1 ${folder}/man/${program}.1)
  sallyport_compressed(${component} ${doc} changelog.Debian ${folder}/debian/changelog)
  foreach(page OPERATIONS CONFIGURATION AUDIT)
    sallyport_compressed(${component} ${doc} ${page}.md ${PROJECT_SOURCE_DIR}/docs/${page}.md)
  endforeach()
endfunction()
sallyport_package(agent sallyport agent.toml)
sallyport_package(hub sallyport-hub hub.toml sallyport-hub-tls.socket sallyport-hub-proxy.socket
                  sallyport-hub-socks5.socket sallyport-hub-saprouter.socket)
install(DIRECTORY DESTINATION /etc/sallyport/mappings.d COMPONENT agent)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Sallyport authors")
set(CPACK_PACKAGE_CONTACT "Sallyport authors <packages@sallyport.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL agent hub)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(common "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles, init-system-helpers (>= 1.52)")
foreach(component AGENT HUB)
  string(TOLOWER ${component} lower)
  set(CPACK_DEBIAN_${component}_PACKAGE_DEPENDS "${common}")
  set(scripts ${PROJECT_SOURCE_DIR}/packaging/debian/${lower})
  set(CPACK_DEBIAN_${component}_PACKAGE_CONTROL_EXTRA
      "${scripts}/postinst;${scripts}/prerm;${scripts}/postrm;${scripts}/conffiles")
endforeach()
set(CPACK_DEBIAN_AGENT_PACKAGE_NAME sallyport)
set(CPACK_DEBIAN_HUB_PACKAGE_NAME sallyport-hub)
set(CPACK_DEBIAN_AGENT_DESCRIPTION "agent that exposes allow-listed internal systems to a cloud hub
It opens an outbound tunnel with mutual TLS, maps virtual hosts to internal
HTTP, RFC, TCP, LDAP, mail and SFTP systems, hands the user's identity on, and
keeps an audit log that a third party can verify.")
set(CPACK_DEBIAN_HUB_DESCRIPTION "cloud end of the tunnels of Sallyport
It takes the tunnels of agents, gives out certificates and access tokens, hands
requests of cloud applications to the agents of their tenant, and countersigns
the agents' audit logs.")
include(CPack)
