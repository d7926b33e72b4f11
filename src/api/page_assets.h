// api/page_assets.h - the files of the node's page, which are built into the program (web/dist).
#pragma once

#include <string_view>

namespace starling::api {

struct PageAsset {
  std::string_view path;  // as requested: "/" or "/assets/page.js"
  std::string_view content_type;
  std::string_view bytes;
};

// Null when there is none.
const PageAsset* find_page_asset(std::string_view path);

}  // namespace starling::api
