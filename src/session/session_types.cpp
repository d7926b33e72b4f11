#include "session/session_types.h"

#include <array>

namespace starling::session {

std::string_view name_of(StreamEnd end) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"finished", "refused", "reset_by_peer", "reset_here", "unreachable", "wrong_key",
       "peer_refused", "peer_dead", "peer_restarted", "peer_closed", "failed"});
  static_assert(kNames.size() == static_cast<size_t>(StreamEnd::failed) + 1);
  return kNames[static_cast<size_t>(end)];
}

std::string_view name_of(SessionEnd end) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"idle", "closed_here", "peer_closed", "peer_dead", "peer_restarted", "failed"});
  static_assert(kNames.size() == static_cast<size_t>(SessionEnd::failed) + 1);
  return kNames[static_cast<size_t>(end)];
}

}  // namespace starling::session
