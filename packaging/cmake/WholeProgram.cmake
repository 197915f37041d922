# The program is optimised as a whole: much of a sweep goes into small functions of one file that
# another calls for each packet. Its libraries hold both kinds of code, so that tests link what they
# always did. For GCC alone: clang's objects would need another linker.

option(PORTVET_WHOLE_PROGRAM "Optimise the program as a whole (GCC)" ON)

if(PORTVET_WHOLE_PROGRAM AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NOT PORTVET_SANITIZE
   AND NOT CMAKE_BUILD_TYPE STREQUAL Debug)
  foreach(library portvet_probes portvet_scanner portvet_expect portvet_reports portvet_commands)
    target_compile_options(${library} PRIVATE -flto=auto -ffat-lto-objects)
  endforeach()
  target_link_options(portvet_flags INTERFACE
    $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:NAME>,portvet>>:-fno-lto>)
  target_link_options(portvet PRIVATE -flto=auto -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
