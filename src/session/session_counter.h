// session/session_counter.h - what the session layer counts.
#pragma once

#include <cstdint>
#include <string_view>

namespace starling::session {

enum class SessionCounter : uint8_t {
  datagrams_received,
  datagrams_sent,
  dials_begun,
  dials_failed,
  handshakes_answered,
  handshakes_done,
  simultaneous_opens,
  streams_opened,
  streams_accepted,
  streams_refused,  // by us: unknown service, or a peer that it does not admit
  resets_sent,      // stateless ones, to who talks to a connection that we do not know
  peers_restarted,
  peers_dead,
  // drops
  malformed_datagram,
  own_sender,
  wrong_sender,
  unknown_version,
  unknown_connection,
  undecipherable,
  initial_yielded,  // our own handshake with that peer goes first
  too_many_connections,
  too_many_half_open,
  handshake_failed,
  wrong_key,
  protocol_error,
  malformed_service_header,
  count_,
};

std::string_view name_of(SessionCounter counter);

}  // namespace starling::session
