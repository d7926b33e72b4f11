// cli/content_commands.h - the commands about published content.
#pragma once

#include "cli/commands.h"

namespace starling::cli {

struct PublishRequest {
  std::string path;   // as the user wrote it
  std::string site;   // empty: none
  std::string title;  // empty: none
  bool hidden = false;
};
// Prints the link.
int publish(const CommandSetting& setting, const PublishRequest& request, const Console& console);
// Writes what the link names to `to`: a path, "-" for standard output (a file only), empty for the link's own name here.
int get(const CommandSetting& setting, const std::string& link, const std::string& to,
        const Console& console);
int pin(const CommandSetting& setting, const std::string& link, const Console& console);
int unpin(const CommandSetting& setting, const std::string& link, const Console& console);
// Opens the link in the user's browser, or with `only_print` says where a browser finds it.
int open_link(const CommandSetting& setting, const std::string& link, bool only_print,
              const Console& console);
// Opens the node's own page, logged in; or with `only_print` says where, for one login within ten minutes.
int open_page(const CommandSetting& setting, bool only_print, const Console& console);
int show_sites(const CommandSetting& setting, const Console& console);
int show_pins(const CommandSetting& setting, const Console& console);
int show_transfers(const CommandSetting& setting, const Console& console);

}  // namespace starling::cli
