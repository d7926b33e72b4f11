// node/carriers.h - the sockets that carry link packets: which carrier is which socket.
//
// How:     listen_*() and connect() make carriers; packets that arrive go to `receive`, packets to send come as batches.
// Bounds:  kStreamsMax TCP connections at once (further ones are closed); an accepted one on which no link comes up
//          within kUselessAfter is closed by close_useless().
// Threads: network thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/time.h"
#include "env/runtime.h"
#include "link/link_event.h"
#include "link/stream_framing.h"

namespace starling::node {

class Carriers {
 public:
  static constexpr size_t kStreamsMax = 256;
  static constexpr Duration kUselessAfter = 15s;

  struct Handlers {
    // Some packets, all from one carrier; called once per batch.
    std::function<void(link::CarrierId, std::span<const env::ReceivedDatagram>)> received;
    std::function<void(link::CarrierId, link::CarrierKind)> added;
    std::function<void(link::CarrierId)> removed;
  };
  // `runtime` is borrowed and must outlive this object.
  Carriers(env::Runtime& runtime, Handlers handlers);

  std::expected<Endpoint, env::SocketError> listen_udp(const Endpoint& local);
  std::expected<Endpoint, env::SocketError> listen_tcp(const Endpoint& local);
  // The UDP path to `remote`; empty when no UDP socket of its address family is open.
  [[nodiscard]] std::optional<link::PathId> udp_path(const Endpoint& remote) const;
  // Connects; `done` gets the path, or an error. The same connection is used again while it lasts.
  void connect_tcp(const Endpoint& remote,
                   std::function<void(std::expected<link::PathId, env::SocketError>)> done);

  void send(std::span<const link::Transmit> transmits);
  // `is_used` tells whether a link has a path over this carrier.
  void close_useless(const std::function<bool(link::CarrierId)>& is_used);

  [[nodiscard]] std::vector<Endpoint> udp_endpoints() const;
  [[nodiscard]] std::vector<Endpoint> tcp_endpoints() const;
  [[nodiscard]] uint64_t packets_dropped() const { return packets_dropped_; }
  [[nodiscard]] env::DatagramCounts datagram_counts() const;

 private:
  struct Stream {
    std::unique_ptr<env::StreamConnection> connection;
    Endpoint remote;
    link::StreamDeframer deframer;
    Instant opened;
    bool connected = false;
    std::vector<std::function<void(std::expected<link::PathId, env::SocketError>)>> waiting;
  };
  using Streams = std::map<link::CarrierId, Stream>;

  link::CarrierId next_id() { return {next_id_++}; }
  void adopt(std::unique_ptr<env::StreamConnection> connection);
  void attach(link::CarrierId id);
  void handle_stream_bytes(link::CarrierId id, ByteView bytes);
  void handle_stream_closed(link::CarrierId id, env::SocketError error);
  void send_to_stream(Stream& stream, const link::Transmit& transmit);

  env::Runtime& runtime_;
  Handlers handlers_;
  std::map<link::CarrierId, std::unique_ptr<env::DatagramSocket>> datagrams_;
  std::vector<std::unique_ptr<env::StreamListener>> listeners_;
  Streams streams_;
  uint32_t next_id_ = 1;
  uint64_t packets_dropped_ = 0;
};

}  // namespace starling::node
