# The target plait_server: src/server and what it alone links.  PLAIT_SERVER=OFF builds the command without `plait serve`.
option(PLAIT_SERVER "Build `plait serve` (needs libmicrohttpd, libsodium, libcurl)" ON)
if(NOT PLAIT_SERVER)
    return()
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(PLAIT_MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(PLAIT_SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(PLAIT_CURL REQUIRED libcurl>=7.85) # its header: src/server/curl.c opens the library when it is needed

file(GLOB sources CONFIGURE_DEPENDS src/server/*.c)
include(cmake/embed.cmake)
set(generated ${PROJECT_BINARY_DIR}/generated)
plait_embed(${PROJECT_SOURCE_DIR}/src/server/openapi.json plait__openapi_json ${generated}/openapi.c)
plait_embed(${PROJECT_SOURCE_DIR}/src/document/document.schema.json plait__document_schema_json ${generated}/document_schema.c)
add_library(plait_server STATIC ${sources} ${generated}/openapi.c ${generated}/document_schema.c)
target_link_libraries(plait_server PUBLIC plait PRIVATE plait_warnings PkgConfig::PLAIT_MICROHTTPD PkgConfig::PLAIT_SODIUM
                                          ${CMAKE_DL_LIBS})
target_include_directories(plait_server PRIVATE ${PLAIT_CURL_INCLUDE_DIRS})
target_compile_definitions(plait_server PUBLIC PLAIT__SERVER)
