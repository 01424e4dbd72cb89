# Packages of agent and hub: `./dev package`. Each is a component; what stands in it is told here alone. Debian packages
# use the libraries of Debian 12; .rpm and .tar.gz bring theirs along (Portable.cmake).
include(GNUInstallDirs)

find_program(GZIP gzip REQUIRED)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(made ${PROJECT_BINARY_DIR}/packages)

# Without the time and the name of the file, so that the same sources give the same package.
add_custom_target(package_files COMMENT "What the packages hold beside the programs")
function(sallyport_compressed name source)
  add_custom_command(OUTPUT ${made}/${name}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND ${GZIP} -9 -n -c ${source} > ${made}/${name}.gz
    DEPENDS ${source} VERBATIM)
  string(MAKE_C_IDENTIFIER package_${name} target)
  add_custom_target(${target} DEPENDS ${made}/${name}.gz)
  add_dependencies(package_files ${target})
endfunction()
sallyport_compressed(changelog.Debian ${packaging}/debian/changelog)
# Whatever an administrator reads, with what it leads to.
set(manual OPERATIONS CONFIGURATION AUDIT MONITORING BACKUP LIMITS PROTOCOL SSH SFTP RFC LDAP GLOSSARY)
list(TRANSFORM manual APPEND .md)
list(APPEND manual openapi-agent.json openapi-hub.json audit-events.schema.json)
foreach(page ${manual})
  sallyport_compressed(${page} ${PROJECT_SOURCE_DIR}/docs/${page})
endforeach()

# What every kind of package has. `usr` and `etc`: where those are in it.
function(sallyport_files component usr etc)
  install(FILES ${unit_files} DESTINATION ${usr}lib/systemd/system COMPONENT ${component})
  install(FILES ${packaging}/sysusers/${program}.conf DESTINATION ${usr}lib/sysusers.d COMPONENT ${component})
  install(FILES ${packaging}/tmpfiles/${program}.conf DESTINATION ${usr}lib/tmpfiles.d COMPONENT ${component})
  install(FILES ${packaging}/completion/sallyport.bash RENAME ${program}
          DESTINATION ${usr}share/bash-completion/completions COMPONENT ${component})
  install(FILES ${made}/${program}.1.gz DESTINATION ${usr}share/man/man1 COMPONENT ${component})
  set(doc ${usr}share/doc/${program})
  install(FILES ${packaging}/examples/${configuration} DESTINATION ${doc}/examples COMPONENT ${component})
  install(PROGRAMS ${packaging}/verify/check_log.py ${packaging}/verify/verify_audit.py
                   ${packaging}/verify/check_proof.py
          DESTINATION ${doc}/verify COMPONENT ${component})
  install(FILES ${packaging}/monitoring/${program}.dashboard.json ${packaging}/monitoring/sallyport.rules.yml
          DESTINATION ${doc}/monitoring COMPONENT ${component})
  foreach(page ${manual})
    install(FILES ${made}/${page}.gz DESTINATION ${doc} COMPONENT ${component})
  endforeach()
  install(FILES ${packaging}/examples/${configuration} DESTINATION ${etc}/${program} COMPONENT ${component})
  if(program STREQUAL sallyport)
    install(DIRECTORY DESTINATION ${etc}/${program}/mappings.d COMPONENT ${component})
  endif()
endfunction()

# A file of packaging/ with @program@, @units@ and @configuration@ in it. `mode`: 0644 or 0755.
function(sallyport_filled source name mode)
  set(rights OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(mode STREQUAL 0755)
    list(APPEND rights OWNER_EXECUTE GROUP_EXECUTE WORLD_EXECUTE)
  endif()
  configure_file(${packaging}/${source} ${made}/${program}/${name} @ONLY FILE_PERMISSIONS ${rights})
endfunction()

# Components agent and hub (.deb), agent_rpm and hub_rpm, agent_tar and hub_tar. Further arguments: units beside the
# service.
function(sallyport_package component program configuration)
  set(unit_names ${program}.service ${ARGN})
  list(TRANSFORM unit_names PREPEND ${packaging}/systemd/ OUTPUT_VARIABLE unit_files)
  list(JOIN unit_names " " units)
  if(program STREQUAL sallyport)
    set(krb5_needed "; who uses Kerberos needs MIT krb5 (`libgssapi_krb5.so.2`), too")
  endif()
  sallyport_compressed(${program}.1 ${packaging}/man/${program}.1)

  install(TARGETS ${program} RUNTIME DESTINATION bin COMPONENT ${component})
  sallyport_files(${component} "" /etc)
  install(FILES ${packaging}/debian/copyright DESTINATION share/doc/${program} COMPONENT ${component})
  install(FILES ${made}/changelog.Debian.gz DESTINATION share/doc/${program} COMPONENT ${component})
  foreach(script postinst prerm postrm)
    sallyport_filled(debian/${script}.in ${script} 0755)
  endforeach()
  sallyport_filled(debian/conffiles.in conffiles 0644)

  install(TARGETS ${program}-portable RUNTIME DESTINATION bin COMPONENT ${component}_rpm OPTIONAL)
  sallyport_files(${component}_rpm "" /etc)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/licenses/${program} COMPONENT ${component}_rpm)
  foreach(script post preun postun)
    sallyport_filled(rpm/${script}.in ${script} 0644)
  endforeach()

  set(top ${program}-${PROJECT_VERSION})
  install(TARGETS ${program}-portable RUNTIME DESTINATION ${top}/usr/bin COMPONENT ${component}_tar OPTIONAL)
  sallyport_files(${component}_tar ${top}/usr/ ${top}/etc)
  sallyport_filled(tar/install.sh.in install.sh 0755)
  sallyport_filled(tar/INSTALL.md.in INSTALL.md 0644)
  install(PROGRAMS ${made}/${program}/install.sh DESTINATION ${top} COMPONENT ${component}_tar)
  install(FILES ${made}/${program}/INSTALL.md ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${top}
          COMPONENT ${component}_tar)
endfunction()
sallyport_package(agent sallyport agent.toml)
sallyport_package(hub sallyport-hub hub.toml sallyport-hub-tls.socket sallyport-hub-proxy.socket
                  sallyport-hub-socks5.socket sallyport-hub-saprouter.socket)

set(CPACK_GENERATOR DEB RPM TGZ)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageKinds.cmake)  # which components are of which kind
set(CPACK_PACKAGE_VENDOR "Sallyport authors")
set(CPACK_PACKAGE_CONTACT "Sallyport authors <packages@sallyport.invalid>")
set(CPACK_SET_DESTDIR OFF)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(agent_summary "agent that exposes allow-listed internal systems to a cloud hub")
set(agent_text "It opens an outbound tunnel with mutual TLS, maps virtual hosts to internal
HTTP, RFC, TCP, LDAP, mail and SFTP systems, hands the user's identity on, and
keeps an audit log that a third party can verify.")
set(hub_summary "cloud end of the tunnels of Sallyport")
set(hub_text "It takes the tunnels of agents, gives out certificates and access tokens, hands
requests of cloud applications to the agents of their tenant, and countersigns
the agents' audit logs.")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Daemons")
set(CPACK_RPM_PACKAGE_URL "https://sallyport.invalid/")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_CHANGELOG_FILE ${packaging}/rpm/changelog)
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _build_id_links none
Packager: ${CPACK_PACKAGE_CONTACT}")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /etc /usr/bin /usr/lib /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/share
    /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/doc /usr/share/licenses /usr/share/man
    /usr/share/man/man1)

set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_FILE_EXTENSION tar.gz)

foreach(component agent hub)
  string(TOUPPER ${component} upper)
  set(program sallyport)
  set(configuration agent.toml)
  if(component STREQUAL hub)
    set(program sallyport-hub)
    set(configuration hub.toml)
  endif()
  set(scripts ${made}/${program})
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${program})
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers, \
systemd | systemd-standalone-tmpfiles, init-system-helpers (>= 1.52)")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA
      "${scripts}/postinst;${scripts}/prerm;${scripts}/postrm;${scripts}/conffiles")
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${${component}_summary}\n${${component}_text}")

  set(rpm CPACK_RPM_${upper}_RPM)
  set(${rpm}_PACKAGE_NAME ${program})
  string(SUBSTRING "${${component}_summary}" 0 1 first)
  string(SUBSTRING "${${component}_summary}" 1 -1 rest)
  string(TOUPPER ${first} first)
  set(${rpm}_PACKAGE_SUMMARY "${first}${rest}")
  set(${rpm}_PACKAGE_DESCRIPTION "${${component}_text}")
  set(${rpm}_PACKAGE_REQUIRES "systemd, glibc >= 2.36")
  if(component STREQUAL agent)
    set(${rpm}_PACKAGE_SUGGESTS krb5-libs)  # loaded when it is used
  endif()
  set(${rpm}_POST_INSTALL_SCRIPT_FILE ${scripts}/post)
  set(${rpm}_PRE_UNINSTALL_SCRIPT_FILE ${scripts}/preun)
  set(${rpm}_POST_UNINSTALL_SCRIPT_FILE ${scripts}/postun)
  set(${rpm}_USER_FILELIST "%config(noreplace) /etc/${program}/${configuration}"
      "%license /usr/share/licenses/${program}/LICENSE")

  set(CPACK_ARCHIVE_${upper}_TAR_FILE_NAME ${program}-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
endforeach()
include(CPack)
