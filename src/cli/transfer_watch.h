// cli/transfer_watch.h - waits for a transfer of the node, shows how far it is, and cancels it on Ctrl-C.
#pragma once

#include "cli/answer.h"
#include "cli/api_client.h"

namespace starling::cli {

// What is shown on a terminal meanwhile: "fetching 12.3 MB of 1.1 GB, 3 of 40 files, 85.2 MB/s, from 2 nodes".
std::string progress_text(const nlohmann::json& transfer);

// Why a transfer failed, with what it was about.
std::string failure_text(const nlohmann::json& transfer);

// The transfer as it ended well; the error when it failed or was cancelled. `begun`: what the API answered.
Answer watch_transfer(const ApiClient& client, const nlohmann::json& begun, const Console& console);

}  // namespace starling::cli
