// node/session_driver.h - runs the session layer over the mesh: carries its datagrams, looks for ways to peers, and hands the
// news of each stream to whoever has it.
//
// How:     listen() and open() give handlers for a stream; read(), write(), finish() and reset() do the rest. No pump() is needed.
// Bounds:  while a way to a peer is looked for, kWaitingMax of its datagrams wait (further ones are dropped, QUIC repeats them),
//          for at most kSearchesMax peers at once.
// Threads: network thread; handlers come on it, never from inside a call of this object.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "base/lifetime.h"
#include "env/runtime.h"
#include "node/mesh.h"
#include "session/session_layer.h"

namespace starling::node {

using session::StreamId;

class SessionDriver {
 public:
  static constexpr size_t kWaitingMax = 16;
  static constexpr size_t kSearchesMax = 256;

  // What its owner wants to hear of a stream. Each may be empty.
  struct StreamHandlers {
    // The peer has the beginning of a stream of ours, and has not refused it so far.
    std::function<void()> confirmed = {};
    // There is something to read; told again only after a read() that left nothing.
    std::function<void()> readable = {};
    // There is room again after a write() that was refused.
    std::function<void()> writable = {};
    // The peer has said all, and all of it has been read.
    std::function<void()> finished = {};
    // The last word, once.
    std::function<void(const session::StreamClosed&)> closed = {};
  };
  using Accept = std::function<StreamHandlers(StreamId, const crypto::NodeKey& peer)>;

  // References are borrowed and must outlive the driver.
  SessionDriver(env::Runtime& runtime, Mesh& mesh, const crypto::Identity& identity, Rng& rng,
                const session::SessionOptions& options = {});

  // As SessionLayer::listen(). `accept` comes for each stream that was admitted.
  bool listen(std::string_view service, session::SessionLayer::Policy policy, Accept accept);
  void stop_listening(std::string_view service);
  std::expected<StreamId, session::OpenError> open(const crypto::NodeKey& peer,
                                                   std::string_view service,
                                                   StreamHandlers handlers);
  session::WriteOutcome write(StreamId stream, Bytes&& chunk);
  Bytes read(StreamId stream, size_t max);
  void finish(StreamId stream);
  void reset(StreamId stream, uint32_t code);
  // Resets it, and its handlers hear nothing more: for owners that go.
  void abandon(StreamId stream, uint32_t code);
  // Says goodbye to all peers.
  void close_all();

  // What the mesh delivered for the session layer.
  void handle_delivered(const crypto::NodeId& source, ByteView datagram);

  [[nodiscard]] const session::SessionLayer& layer() const { return layer_; }

 private:
  struct Search {
    std::deque<Bytes> waiting;
    bool under_way = false;
    int tries = 0;
    Instant again;  // after the first: not earlier
  };

  // Does what is to be done once this event is over.
  void schedule();
  void pump();
  void handle_event(session::SessionEvent& event);
  void send(session::SendDatagram& datagram);
  // The search for that peer, begun or not; null when there are too many.
  Search* search_for(const crypto::NodeId& peer);
  void look_for(const crypto::NodeId& peer);
  void handle_found(const crypto::NodeId& peer, bool found);

  env::Runtime& runtime_;
  Mesh& mesh_;
  session::SessionLayer layer_;
  std::map<std::string, Accept, std::less<>> accepts_;
  std::map<StreamId, StreamHandlers> streams_;
  std::map<crypto::NodeId, Search> searches_;
  std::unique_ptr<env::Timer> timer_;
  bool scheduled_ = false;
  Lifetime lifetime_;
};

}  // namespace starling::node
