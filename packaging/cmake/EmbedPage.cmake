# Writes the style and the script of the HTML report into one C file:
# cmake -D FOLDER=… -D OUTPUT=… -P this.

# The bytes of a file as a C string, sixteen a line.
function(c_string file result)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" lines "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" lines "${lines}")
  string(REGEX REPLACE "([^\n]+)" "    \"\\1\"" lines "${lines}")
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

c_string(${FOLDER}/page.css css)
c_string(${FOLDER}/page.js script)
file(WRITE ${OUTPUT} "/* Made from reports/html by packaging/cmake/EmbedPage.cmake. */
#include \"reports/html/html.h\"

const char html_css[] =
${css};
const char html_script[] =
${script};
")
