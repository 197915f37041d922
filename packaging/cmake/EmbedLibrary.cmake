# Writes the files of a folder into one C file: cmake -D FOLDER=… -D OUTPUT=… -P this.

file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*.yml)
list(SORT files)
set(rows "")
foreach(name IN LISTS files)
  file(READ ${FOLDER}/${name} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR length "${digits} / 2")
  # Sixteen bytes a line.
  string(REGEX REPLACE "(................................)" "\\1\n" lines "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" lines "${lines}")
  string(REGEX REPLACE "([^\n]+)" "     \"\\1\"" lines "${lines}")
  string(APPEND rows "    {\"${name}\",\n${lines},\n     ${length}},\n")
endforeach()
list(LENGTH files count)

file(WRITE ${OUTPUT} "/* Made from probes/library by packaging/cmake/EmbedLibrary.cmake. */
#include \"probes/udp_library_data.h\"

const struct udp_library_file udp_library_files[] = {
${rows}};
const size_t udp_library_file_count = ${count};
")
