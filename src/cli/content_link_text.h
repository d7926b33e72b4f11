// cli/content_link_text.h - how a file that comes from a link to content is called. The node judges the link.
#pragma once

#include <string>
#include <string_view>

namespace starling::cli {

// The last name of the path, decoded; the beginning of the key when there is no path. Never with a slash.
std::string file_name_of(std::string_view link);

}  // namespace starling::cli
