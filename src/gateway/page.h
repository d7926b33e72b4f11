// gateway/page.h - the pages that the gateway itself makes: lists of folders, and why something is not shown.
//
// Rule: every name comes from a stranger and is escaped.
#pragma once

#include <string>
#include <string_view>

#include "content/manifest.h"

namespace starling::gateway {

std::string escaped(std::string_view text);
// A page with one sentence.
std::string message_page(std::string_view title, std::string_view sentence);
// `path`: of the folder, for people, "/pictures/".
std::string folder_page(std::string_view path, const content::Manifest& folder);

}  // namespace starling::gateway
