#include "node/session_driver.h"

namespace starling::node {
namespace {

// Datagrams handed to the mesh before it may send them on: well below what a link keeps.
constexpr size_t kBatchMax = 64;
// Between searches for one peer: at first, and at most.
constexpr Duration kSearchInterval = 300ms;
constexpr Duration kSearchIntervalMax = 5s;

}  // namespace

SessionDriver::SessionDriver(env::Runtime& runtime, Mesh& mesh, const crypto::Identity& identity,
                             Rng& rng, const session::SessionOptions& options)
    : runtime_(runtime),
      mesh_(mesh),
      layer_(identity, rng, runtime.secure_random(), options),
      timer_(runtime.make_timer([this] {
        layer_.handle_timeout(runtime_.now());
        pump();
      })) {
  layer_.set_datagram_room([this](const crypto::NodeId& peer) { return mesh_.payload_room(peer); });
}

bool SessionDriver::listen(std::string_view service, session::SessionLayer::Policy policy,
                           Accept accept) {
  if (!layer_.listen(service, std::move(policy))) return false;
  accepts_.insert_or_assign(std::string(service), std::move(accept));
  return true;
}

void SessionDriver::stop_listening(std::string_view service) {
  layer_.stop_listening(service);
  if (const auto entry = accepts_.find(service); entry != accepts_.end()) accepts_.erase(entry);
}

std::expected<StreamId, session::OpenError> SessionDriver::open(const crypto::NodeKey& peer,
                                                                std::string_view service,
                                                                StreamHandlers handlers) {
  const auto stream = layer_.open_stream(runtime_.now(), peer, service);
  if (!stream) return stream;
  streams_[*stream] = std::move(handlers);
  schedule();
  return stream;
}

session::WriteOutcome SessionDriver::write(StreamId stream, Bytes&& chunk) {
  schedule();
  return layer_.write(runtime_.now(), stream, std::move(chunk));
}

Bytes SessionDriver::read(StreamId stream, size_t max) {
  schedule();
  return layer_.read(runtime_.now(), stream, max);
}

void SessionDriver::finish(StreamId stream) {
  schedule();
  layer_.finish(runtime_.now(), stream);
}

void SessionDriver::reset(StreamId stream, uint32_t code) {
  schedule();
  layer_.reset(runtime_.now(), stream, code);
}

void SessionDriver::abandon(StreamId stream, uint32_t code) {
  streams_.erase(stream);
  reset(stream, code);
}

void SessionDriver::close_all() {
  layer_.close_all(runtime_.now());
  pump();
}

void SessionDriver::handle_delivered(const crypto::NodeId& source, ByteView datagram) {
  // Whoever reaches us has shown a way back.
  if (const auto search = searches_.find(source); search != searches_.end())
    handle_found(source, true);
  layer_.handle_datagram(runtime_.now(), source, datagram);
  schedule();
}

void SessionDriver::schedule() {
  if (std::exchange(scheduled_, true)) return;
  runtime_.post(lifetime_.guard([this] { pump(); }));
}

void SessionDriver::pump() {
  scheduled_ = false;
  bool busy = true;
  while (busy) {
    busy = false;
    while (auto event = layer_.poll_event()) {
      handle_event(*event);
      busy = true;
    }
    size_t sent = 0;
    while (auto datagram = layer_.poll_datagram(runtime_.now())) {
      send(*datagram);
      busy = true;
      if (++sent % kBatchMax == 0) mesh_.pump();
    }
    if (sent > 0) mesh_.pump();
  }
  timer_->arm(layer_.next_timeout());
}

void SessionDriver::handle_event(session::SessionEvent& event) {
  // Handlers may end their stream, and with it themselves.
  const auto tell = [&](StreamId stream, auto StreamHandlers::* handler, const auto&... news) {
    const auto entry = streams_.find(stream);
    if (entry == streams_.end()) return;
    const auto call = entry->second.*handler;
    if (call) call(news...);
  };
  if (const auto* opened = std::get_if<session::StreamOpened>(&event)) {
    const auto accept = accepts_.find(opened->service);
    if (accept == accepts_.end()) return layer_.reset(runtime_.now(), opened->stream, 0);
    streams_[opened->stream] = accept->second(opened->stream, opened->peer);
  } else if (const auto* confirmed = std::get_if<session::StreamConfirmed>(&event)) {
    tell(confirmed->stream, &StreamHandlers::confirmed);
  } else if (const auto* readable = std::get_if<session::StreamReadable>(&event)) {
    tell(readable->stream, &StreamHandlers::readable);
  } else if (const auto* writable = std::get_if<session::StreamWritable>(&event)) {
    tell(writable->stream, &StreamHandlers::writable);
  } else if (const auto* finished = std::get_if<session::StreamFinished>(&event)) {
    tell(finished->stream, &StreamHandlers::finished);
  } else if (const auto* closed = std::get_if<session::StreamClosed>(&event)) {
    const auto entry = streams_.extract(closed->stream);
    if (entry && entry.mapped().closed) entry.mapped().closed(*closed);
  } else if (const auto* silent = std::get_if<session::PeerSilent>(&event)) {
    mesh_.router().note_silence(runtime_.now(), silent->peer);
    look_for(silent->peer);
  }
}

void SessionDriver::send(session::SendDatagram& datagram) {
  using Result = routing::Router::SendResult;
  const auto sent = mesh_.router().send(runtime_.now(), datagram.to, routing::PayloadKind::stream,
                                        std::move(datagram.payload));
  // Its way has got longer; QUIC repeats what is lost, in smaller ones.
  if (sent == Result::too_large) return layer_.restrict_datagrams(runtime_.now(), datagram.to);
  if (sent != Result::no_way) return;
  Search* search = search_for(datagram.to);
  if (!search) return;
  if (search->waiting.size() < kWaitingMax) search->waiting.push_back(std::move(datagram.payload));
  look_for(datagram.to);
}

SessionDriver::Search* SessionDriver::search_for(const crypto::NodeId& peer) {
  if (const auto entry = searches_.find(peer); entry != searches_.end()) return &entry->second;
  if (searches_.size() >= kSearchesMax) {
    // Those that came to nothing and have not been wanted since.
    std::erase_if(searches_, [now = runtime_.now()](const auto& entry) {
      return !entry.second.under_way && now >= entry.second.again;
    });
  }
  if (searches_.size() >= kSearchesMax) return nullptr;
  return &searches_[peer];
}

void SessionDriver::look_for(const crypto::NodeId& peer) {
  Search* search = search_for(peer);
  const Instant now = runtime_.now();
  if (!search || search->under_way || (search->tries > 0 && now < search->again)) return;
  search->under_way = true;
  ++search->tries;
  search->again = now + std::min<Duration>(kSearchInterval * (1 << std::min(search->tries, 5)),
                                           kSearchIntervalMax);
  // By turns: somebody nearer may know a way by the version known here, or a newer one is needed.
  mesh_.find_way(peer, search->tries % 2 == 0,
                 lifetime_.guard([this, peer](bool found) { handle_found(peer, found); }));
}

void SessionDriver::handle_found(const crypto::NodeId& peer, bool found) {
  const auto entry = searches_.find(peer);
  if (entry == searches_.end()) return;
  entry->second.under_way = false;
  if (!found) {
    // What waited is out of date when the next search ends; QUIC repeats what matters, and that begins the next search.
    entry->second.waiting.clear();
    return;
  }
  std::deque<Bytes> waiting = std::move(entry->second.waiting);
  searches_.erase(entry);
  for (Bytes& payload : waiting) {
    mesh_.router().send(runtime_.now(), peer, routing::PayloadKind::stream, std::move(payload));
  }
  mesh_.pump();
}

}  // namespace starling::node
