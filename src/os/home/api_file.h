// os/home/api_file.h - how the command line finds the node of a home and shows that it may command.
//
// run/api.json (0600): {"address":"127.0.0.1:7118","token":"<64 hexadecimal digits>","pid":123}.
// Unknown members are ignored, so that later versions may add some.
//
// Rule: who can read the file commands the node. It is believed only if this user owns it and
//       nobody else may read it; otherwise another user could put in an address of his own and
//       catch the commands.
#pragma once

#include <expected>
#include <optional>

#include "base/endpoint.h"
#include "crypto/secret.h"
#include "os/home/home_error.h"
#include "os/home/home_paths.h"
#include "os/home/private_file.h"

namespace starling::os {

using ApiToken = crypto::Secret<32, struct ApiTokenTag>;

struct ApiAccess {
  Endpoint address;
  ApiToken token;
  int64_t process = 0;
};

// A longer file is damaged; what encode_api_file writes takes less than 200 bytes.
inline constexpr size_t kApiFileSizeMax = 4096;

PrivateBytes encode_api_file(const ApiAccess& access);
// Empty unless `bytes` is such an object with a port above 0 and a process above 0.
std::optional<ApiAccess> decode_api_file(ByteView bytes);

// The command line's side. no_node_running: there is no file; api_file_stale: its process is gone;
// api_file_damaged; and the kinds of read_private_file. A live process is no proof of a node: after
// a crash another may have got its number, and then connecting fails.
std::expected<ApiAccess, HomeError> read_api_file(const HomePaths& paths);

// The node's side: the file is there as long as this object is, and goes with a clean stop.
class ApiFile {
 public:
  // Replaces what an earlier life left. Pre: the home's lock is held, access.process is this
  // process, and the API accepts connections already. cannot_write.
  static std::expected<ApiFile, HomeError> publish(const HomePaths& paths, const ApiAccess& access);

  ApiFile(ApiFile&& other) noexcept;
  ApiFile& operator=(ApiFile&&) = delete;
  // Removes the file if it still names this process: what somebody else has put there is not ours.
  ~ApiFile();

 private:
  explicit ApiFile(HomePaths paths, int64_t process);

  HomePaths paths_;
  int64_t process_;  // 0 when moved from
};

}  // namespace starling::os
