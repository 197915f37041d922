# Each library that portvet stands on, found through pkg-config, as an imported target
# PkgConfig::NAME. All that are missing are named at once, with the command that helps.

find_package(PkgConfig REQUIRED)

set(missing "")
function(portvet_require name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${name}_FOUND)
    set(missing "${missing};${package}" PARENT_SCOPE)
  endif()
endfunction()

portvet_require(PCAP libpcap libpcap-dev)
portvet_require(YAML yaml-0.1 libyaml-dev)
portvet_require(MNL libmnl libmnl-dev)
portvet_require(SODIUM libsodium libsodium-dev)
portvet_require(JANSSON jansson libjansson-dev)
portvet_require(XML2 libxml-2.0 libxml2-dev)
portvet_require(CAPNG libcap-ng libcap-ng-dev)
portvet_require(SECCOMP libseccomp libseccomp-dev)
portvet_require(CMOCKA cmocka libcmocka-dev)

# libnet 1.2 ships no .pc file.
find_library(LIBNET_LIBRARY net)
find_path(LIBNET_INCLUDE_DIR libnet.h)
if(LIBNET_LIBRARY AND LIBNET_INCLUDE_DIR)
  add_library(PkgConfig::NET INTERFACE IMPORTED GLOBAL)
  target_link_libraries(PkgConfig::NET INTERFACE ${LIBNET_LIBRARY})
  target_include_directories(PkgConfig::NET INTERFACE ${LIBNET_INCLUDE_DIR})
else()
  list(APPEND missing libnet1-dev)
endif()

if(missing)
  list(REMOVE_ITEM missing "")
  list(JOIN missing " " missing)
  message(FATAL_ERROR
    "portvet needs libraries that are not installed. On Debian:\n"
    "  apt-get install ${missing}\n"
    "or all that a build needs: packaging/install-packages build")
endif()
