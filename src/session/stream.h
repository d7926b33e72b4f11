// session/stream.h - one stream: its buffers and how far its life has come.
//
// How:     data only. QuicConnection moves bytes between it and packets; SessionLayer speaks of it to the application. Both
//          sides of a stream that one of them resets are over.
#pragma once

#include "session/receive_buffer.h"
#include "session/send_buffer.h"
#include "session/service_header.h"
#include "session/session_types.h"

namespace starling::session {

class QuicConnection;

struct Stream {
  static constexpr int64_t kUnnumbered = -1;

  StreamId id;
  NodeKey peer;
  NodeId peer_id;
  bool outgoing = false;
  SendBuffer sending;
  ReceiveBuffer receiving;
  ServiceHeaderReader header;  // of incoming ones

  // Where it travels. Empty before and after.
  QuicConnection* connection = nullptr;
  int64_t number = kUnnumbered;  // QUIC's

  // Kept by QuicConnection.
  bool finish_sent = false;
  bool finish_received = false;
  std::optional<uint64_t> peer_code;   // the peer has reset it
  std::optional<uint64_t> abort_code;  // it is to be reset once the peer knows it
  bool over = false;                   // QUIC has forgotten it: nothing looks at `sending` any more
  bool queued = false;                 // in the connection's queue of senders
  bool window_closed = false;          // the peer must read first
  bool touched = false;                // in the connection's list of news

  // Kept by SessionLayer.
  bool announced = false;  // the application knows it
  bool finish_wanted = false;
  StreamEnd end = StreamEnd::finished;  // what its last word will be when all is read
  bool confirmed_told = false;
  bool closed_told = false;
  bool readable_told = false;
  bool finished_told = false;
  bool room_wanted = false;

  [[nodiscard]] bool wants_to_send() const {
    return sending.unsent() > 0 || (finish_wanted && !finish_sent);
  }
};

}  // namespace starling::session
