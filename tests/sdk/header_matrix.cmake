# SPDX-License-Identifier: Apache-2.0
# The headers compile without a warning in every language that a plugin may be written in, and with every compiler
# that is installed. layout_test.c is C and C++ at once.
set(include_dir ${PROJECT_SOURCE_DIR}/sdk/include)
set(c_flags -Wall -Wextra -Wpedantic -Wpadded -Werror)
set(cpp_flags -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Werror)

# header_test(<compiler> <c or c++> <standard> <source> <flag>...)
function(header_test compiler language standard source)
  find_program(NAVISTORE_${compiler} ${compiler})
  get_filename_component(stem ${source} NAME_WE)
  if(NAVISTORE_${compiler})
    add_test(NAME sdk/header/${stem}/${compiler}-${standard}
      COMMAND ${NAVISTORE_${compiler}} -std=${standard} ${ARGN} -I${include_dir} -fsyntax-only
              -x ${language} ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  else()
    message(STATUS "${compiler} is missing: sdk/header/${stem}/${compiler}-${standard} is not tested")
  endif()
endfunction()

foreach(compiler gcc clang)
  foreach(standard c99 c11 c17)
    header_test(${compiler} c ${standard} layout_test.c ${c_flags})
  endforeach()
endforeach()
foreach(compiler g++ clang++)
  foreach(standard c++11 c++14 c++17 c++20)
    header_test(${compiler} c++ ${standard} layout_test.c ${c_flags})
  endforeach()
  foreach(standard c++17 c++20)
    header_test(${compiler} c++ ${standard} every_member_test.cpp ${cpp_flags})
  endforeach()
endforeach()
