// cli/help_text.h - the manual of the program, as --help prints it.
#pragma once

#include <string_view>

namespace starling::cli {

std::string_view version();
// All of it, in the order of a manual page.
std::string_view program_help();
// What stands below the options of `up`.
std::string_view up_footer();

}  // namespace starling::cli
