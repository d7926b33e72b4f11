#include "session/session_counter.h"

#include <array>

namespace starling::session {

std::string_view name_of(SessionCounter counter) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "datagrams_received",   "datagrams_sent",           "dials_begun",        "dials_failed",
      "handshakes_answered",  "handshakes_done",          "simultaneous_opens", "streams_opened",
      "streams_accepted",     "streams_refused",          "resets_sent",        "peers_restarted",
      "peers_dead",           "malformed_datagram",       "own_sender",         "wrong_sender",
      "unknown_version",      "unknown_connection",       "undecipherable",     "initial_yielded",
      "too_many_connections", "too_many_half_open",       "handshake_failed",   "wrong_key",
      "protocol_error",       "malformed_service_header",
  });
  static_assert(kNames.size() == static_cast<size_t>(SessionCounter::count_));
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace starling::session
