# Warnings, hardening (after the OpenSSF compiler options guide) and what makes builds
# repeatable, for every target of the tree.

# Assertions stay on: a broken invariant must end the run, not become a verdict.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")

add_library(portvet_flags INTERFACE)
target_include_directories(portvet_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(portvet_flags INTERFACE
  _GNU_SOURCE PORTVET_VERSION="${PROJECT_VERSION}")
target_compile_options(portvet_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wundef -Wimplicit-fallthrough
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  -fno-strict-overflow -fno-delete-null-pointer-checks)
if(PORTVET_WERROR)
  target_compile_options(portvet_flags INTERFACE -Werror)
endif()

if(PORTVET_FUZZ)
  set(PORTVET_SANITIZE ON)
  # Comparisons of text are known to the fuzzer from the C library's functions; those of
  # numbers, which are small here, would halve its speed.
  target_compile_options(portvet_flags INTERFACE
    -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)
endif()
if(PORTVET_SANITIZE)
  target_compile_options(portvet_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(portvet_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(portvet_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3> -fstack-protector-strong
    -fstack-clash-protection)
  target_link_options(portvet_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
