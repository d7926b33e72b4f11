// cli/message_commands.h - the commands about messages and the people whom the owner knows.
#pragma once

#include <vector>

#include "base/time.h"
#include "cli/commands.h"

namespace starling::cli {

// `to`: the name of a contact or the key of an account. Waits a moment for the other side, and says how far the message got.
int send_message(const CommandSetting& setting, const std::string& to, const std::string& text,
                 const Console& console, Duration patience = 5s);
struct InboxRequest {
  int count = 20;       // the newest
  bool follow = false;  // and then what comes, until Ctrl-C
};
int show_inbox(const CommandSetting& setting, const InboxRequest& request, const Console& console);
// `words`: nothing; "add NAME ACCOUNT", "remove WHO", "block WHO" or "unblock WHO".
int contacts(const CommandSetting& setting, const std::vector<std::string>& words,
             const Console& console);

}  // namespace starling::cli
