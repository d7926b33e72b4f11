// api/stream_tunnel.h - a stream to another node as the far end of a tunnel: what a program writes goes to the peer, and the
// other way round.
//
// How:     give handlers() to the session driver, then set_stream(). Whoever lets the tunnel go before the stream is over
//          resets it.
// Bounds:  one chunk each way beyond the buffers of the stream.
// Threads: the http::Tunnel part on any; the rest network thread.
#pragma once

#include <functional>
#include <optional>

#include "api/desk.h"
#include "http/body.h"

namespace starling::api {

class StreamTunnel : public http::Tunnel, public std::enable_shared_from_this<StreamTunnel> {
 public:
  explicit StreamTunnel(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {}
  StreamTunnel(const StreamTunnel&) = delete;
  StreamTunnel& operator=(const StreamTunnel&) = delete;
  ~StreamTunnel() override;

  // They do not keep the tunnel. `opened` comes once: with nothing when the peer has the stream, or with why it has not.
  node::SessionDriver::StreamHandlers handlers(
      node::SessionDriver& sessions, std::function<void(std::optional<session::StreamEnd>)> opened);
  void set_stream(node::StreamId stream) { stream_ = stream; }

  void read(ReadDone done) override;
  void write(Bytes bytes, WriteDone done) override;
  void finish() override;
  void abort() override;

 private:
  static constexpr size_t kChunkSize = 256 * 1024;

  void give_what_is_there(node::SessionDriver& sessions);
  void write_waiting(node::SessionDriver& sessions);
  void handle_closed(const session::StreamClosed& closed);

  std::shared_ptr<Desk> desk_;
  // All below: network thread only.
  std::optional<node::StreamId> stream_;
  ReadDone read_done_;
  Bytes unwritten_;
  WriteDone write_done_;
  bool finished_ = false;  // by the peer
  std::optional<session::StreamEnd> end_;
};

}  // namespace starling::api
