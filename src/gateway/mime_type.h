// gateway/mime_type.h - what kind of file a browser is told that it gets, by the file's name.
// Source: the IANA media types registry; extensions as web servers use them.
#pragma once

#include <string_view>

namespace starling::gateway {

// "text/html; charset=utf-8" for "index.html"; "application/octet-stream" for names that say nothing.
std::string_view mime_type_of(std::string_view file_name);

}  // namespace starling::gateway
