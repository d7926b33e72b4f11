#include "node/node.h"

#include <algorithm>

#include "wire/message_number.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kEpochFile = "epoch";
// 2026-01-01: epochs are seconds since then, so that 32 bits last.
constexpr int64_t kEpochZero = 1'767'225'600;

}  // namespace

Node::Node(env::Runtime& runtime, NodeConfig config, const crypto::Identity& identity,
           const crypto::Identity& account)
    : runtime_(runtime),
      config_(std::move(config)),
      identity_(identity),
      account_(account),
      account_key_{account.key().value},
      proof_(runtime, identity.key()),
      sleep_(config_.routing.role == routing::Role::leaf ? config_.sleep : Duration{}),
      sleep_timer_(runtime.make_timer([this] { keep_sleep(); })) {
  driver_ = std::make_unique<LinkDriver>(runtime_, config_.link, identity_,
                                         [this](link::LayerEvent& event) { handle_event(event); });
  meeting_ = std::make_unique<Meeting>(runtime_, *driver_, config_, identity_, account_key_);
}

Node::~Node() = default;

void Node::start(std::function<void(std::expected<void, StartError>)> done) {
  meeting_->load([this, done = std::move(done)](std::expected<void, StartError> loaded) {
    if (!loaded) return done(std::move(loaded));
    proof_.load([this, done](ProofKeeper::Found found) {
      if (found == ProofKeeper::Found::wrong) tell(NodeEvent::Kind::proof_dropped);
      read_epoch([this, done](std::expected<void, StartError> read) {
        if (!read) return done(std::move(read));
        load_tables([this, done](std::expected<void, StartError> tables) {
          if (tables) tables = open_sockets();
          if (tables) begin();
          done(std::move(tables));
        });
      });
    });
  });
}

void Node::begin() {
  started_ = runtime_.now();
  meeting_->start();
  // A leaf is in nobody's table.
  if (config_.make_proof && config_.routing.role == routing::Role::router) make_proof();
  sleep_.start(started_);
  sleep_timer_->arm(sleep_.next_timeout());
}

void Node::keep_sleep() {
  const Instant now = runtime_.now();
  switch (sleep_.poll(now, is_busy())) {
    case SleepSchedule::Step::fall_asleep:
      mesh_->set_asleep(true);
      meeting_->pause();
      driver_->layer().close_all(now);
      driver_->pump();
      driver_->set_deaf(true);
      break;
    case SleepSchedule::Step::wake_up:
      driver_->set_deaf(false);
      mesh_->set_asleep(false);
      meeting_->resume();
      break;
    case SleepSchedule::Step::none:
      break;
  }
  sleep_timer_->arm(sleep_.next_timeout());
}

void Node::wake() {
  sleep_.wake(runtime_.now());
  sleep_timer_->arm(sleep_.next_timeout());
}

bool Node::is_busy() const {
  const auto transfers = transfers_->all();
  return sessions_->layer().connection_count() > 0 ||
         std::ranges::any_of(transfers, [](const auto& each) { return !each.is_over(); });
}

void Node::make_proof() {
  proof_.make([this] {
    if (proof_.proof()) {
      mesh_->router().set_proof(runtime_.now(), *proof_.proof());
      mesh_->pump();
    }
    tell(NodeEvent::Kind::proof);
  });
}

void Node::tell(NodeEvent::Kind what) {
  if (observer_) observer_({what, identity_.key(), {}});
}

void Node::load_tables(std::function<void(std::expected<void, StartError>)> done) {
  library_->load([this, done = std::move(done)](const auto& library) {
    if (!library)
      return done(std::unexpected(StartError{.kind = StartError::Kind::tables_unreadable}));
    messenger_->load([done](const auto& messenger) {
      if (messenger) return done({});
      done(std::unexpected(StartError{.kind = StartError::Kind::tables_unreadable}));
    });
  });
}

void Node::read_epoch(std::function<void(std::expected<void, StartError>)> done) {
  runtime_.files().read(kEpochFile, [this, done = std::move(done)](auto contents) {
    uint32_t stored = 0;
    if (contents) {
      wire::Reader reader(*contents);
      stored = reader.u32();
      if (!reader.finish()) {
        return done(std::unexpected(
            StartError{.kind = StartError::Kind::file_damaged, .file = kEpochFile}));
      }
    } else if (contents.error() != env::FileError::not_found) {
      return done(std::unexpected(
          StartError{.kind = StartError::Kind::file_unreadable, .file = kEpochFile}));
    }
    start_mesh(stored);
    done({});
  });
}

void Node::start_mesh(uint32_t stored_epoch) {
  // Above every earlier life's, whatever the clock says; by the clock, so that a lost file does no harm.
  const int64_t by_clock = std::max<int64_t>(runtime_.wall_now().unix_seconds - kEpochZero, 1);
  const uint32_t epoch = std::max(
      stored_epoch + 1, static_cast<uint32_t>(std::min<int64_t>(by_clock, UINT32_MAX / 2)));
  routing::RouterConfig routing = config_.routing;
  if (proof_.proof()) routing.proof = proof_.proof();
  mesh_ = std::make_unique<Mesh>(
      runtime_, *driver_, identity_, routing, epoch,
      Mesh::Handlers{.delivered =
                         [this](const routing::Delivered& delivered) {
                           if (delivered.kind == routing::PayloadKind::stream)
                             sessions_->handle_delivered(delivered.source, delivered.payload);
                         },
                     .newer_life = [this] { tell(NodeEvent::Kind::runs_twice); },
                     .epoch_begun = [this](uint32_t begun) { write_epoch(begun); },
                     .wanted_awake = [this] { wake(); }});
  sessions_ =
      std::make_unique<SessionDriver>(runtime_, *mesh_, identity_, driver_->rng(), config_.session);
  library_ = std::make_unique<Library>(runtime_, *mesh_, *sessions_, config_.library);
  transfers_ = std::make_unique<TransferList>(*library_);
  transfers_->set_observer([this](const TransferStatus& transfer) {
    if (observer_) observer_({NodeEvent::Kind::transfer_over, identity_.key(), {}, transfer});
  });
  messenger_ = std::make_unique<Messenger>(runtime_, *mesh_, *sessions_, identity_, account_);
  messenger_->set_observer([this](const Message& message) {
    if (observer_) observer_({NodeEvent::Kind::message, identity_.key(), {}, {}, message});
  });
  mesh_->pump();
}

void Node::write_epoch(uint32_t epoch) {
  // Lost in a crash, the clock stands in for it.
  runtime_.files().write(kEpochFile, wire::Writer().u32(epoch).take(), [](auto) {});
}

std::expected<void, StartError> Node::open_sockets() {
  StartError last{.kind = StartError::Kind::nowhere_to_listen};
  for (const ListenAddress& listen : config_.listen) {
    const bool udp = listen.transport == reach::Transport::udp;
    const auto bound = udp ? driver_->carriers().listen_udp(listen.endpoint)
                           : driver_->carriers().listen_tcp(listen.endpoint);
    if (bound) continue;
    last.socket_error = bound.error();
    if (listen.required) {
      return std::unexpected(StartError{
          StartError::Kind::cannot_listen, listen.endpoint, listen.transport, bound.error(), {}});
    }
  }
  if (driver_->carriers().udp_endpoints().empty()) return std::unexpected(last);
  return {};
}

void Node::stop(std::function<void()> done) {
  sleep_timer_->arm(kNever);
  if (sessions_) sessions_->close_all();
  driver_->layer().close_all(runtime_.now());
  driver_->pump();
  meeting_->stop(std::move(done));
}

void Node::network_changed() {
  driver_->layer().network_changed(runtime_.now());
  driver_->pump();
}

void Node::handle_event(link::LayerEvent& event) {
  meeting_->handle_event(event);
  if (mesh_) mesh_->handle_event(std::move(event));
  const auto* link_event = std::get_if<link::LinkEvent>(&event);
  if (!link_event) return;
  if (const auto* control = std::get_if<link::ControlReceived>(&link_event->what)) {
    handle_control(*link_event, *control);
  } else if (std::holds_alternative<link::LinkUp>(link_event->what)) {
    if (messenger_ && driver_->layer().links().size() == 1) messenger_->handle_online();
    if (observer_) observer_({NodeEvent::Kind::link_up, link_event->peer, {}});
  } else if (const auto* down = std::get_if<link::LinkDown>(&link_event->what)) {
    if (observer_) {
      observer_({NodeEvent::Kind::link_down, link_event->peer, std::string(name_of(down->reason))});
    }
  }
}

void Node::handle_control(const link::LinkEvent& event, const link::ControlReceived& control) {
  if (mesh_ && mesh_->handle_control(event.link, control.message)) return;
  if (meeting_->handle_control(event.link, event.peer, control.message)) return;
  // A later version's message that may be skipped, or nonsense.
  ++unknown_control_messages_;
  if (control.message.front() < wire::kSkippableMessages) {
    driver_->layer().close(runtime_.now(), event.link, link::CloseReason::protocol_violation);
  }
}

NodeStatus Node::status() const {
  NodeStatus status;
  status.key = identity_.key();
  status.account = account_key_;
  status.network = config_.link.network;
  status.up_for = runtime_.now() - started_;
  for (const Endpoint& endpoint : driver_->carriers().udp_endpoints()) {
    status.listening.push_back(reach::peer_address_of(reach::Transport::udp, endpoint));
  }
  for (const Endpoint& endpoint : driver_->carriers().tcp_endpoints()) {
    status.listening.push_back(reach::peer_address_of(reach::Transport::tcp, endpoint));
  }
  status.addresses = meeting_->own_addresses();
  status.links = driver_->layer().links().size();
  const auto dialing = meeting_->dialing();
  status.dialing = static_cast<size_t>(std::count_if(
      dialing.begin(), dialing.end(), [](const auto& state) { return !state.linked; }));
  status.lan = meeting_->beacons_work();
  status.heard_own_key = meeting_->heard_own_key();
  status.clock_offset_s = meeting_->clock_offset();
  status.proof = proof_.state();
  status.is_leaf = config_.routing.role == routing::Role::leaf;
  status.is_asleep = sleep_.is_asleep();
  const auto add = [&](std::string_view name, uint64_t value) {
    if (value > 0) status.counters.emplace_back(name, value);
  };
  driver_->layer().counters().for_each(
      [&](link::LinkCounter counter, uint64_t value) { add(name_of(counter), value); });
  const env::DatagramCounts sockets = driver_->carriers().datagram_counts();
  add("socket_dropped_full", sockets.dropped_full);
  add("socket_dropped_too_big", sockets.dropped_too_big);
  add("socket_dropped_error", sockets.dropped_error);
  add("carrier_packets_dropped", driver_->carriers().packets_dropped());
  add("unknown_control_message", unknown_control_messages_);
  if (mesh_) {
    status.known_nodes = mesh_->router().table().all().size();
    status.records = mesh_->directory().store().all().size();
    status.sessions = sessions_->layer().connection_count();
    status.streams = sessions_->layer().stream_count();
    status.announced = library_->announcer().count();
    status.bytes_served = library_->server().bytes_served();
    status.bytes_fetched = library_->pool().bytes_fetched();
    add("content_bytes_wasted", library_->pool().bytes_wasted());
    mesh_->router().counters().for_each([&](routing::RouterCounter counter, uint64_t value) {
      add(std::string("routing_").append(name_of(counter)), value);
    });
    mesh_->directory().counters().for_each(
        [&](directory::DirectoryCounter counter, uint64_t value) {
          add(std::string("directory_").append(name_of(counter)), value);
        });
    sessions_->layer().counters().for_each([&](session::SessionCounter counter, uint64_t value) {
      add(std::string("session_").append(name_of(counter)), value);
    });
  }
  return status;
}

std::vector<PeerStatus> Node::peers() const {
  std::vector<PeerStatus> peers;
  for (const link::Link* link : driver_->layer().links()) {
    PeerStatus peer;
    peer.key = link->peer();
    peer.link = link->id();
    if (const link::CarrierPath* path = link->active_path()) {
      peer.carrier = path->kind;
      peer.remote = path->id.remote;
      peer.mtu = path->mtu.mtu();
    }
    peer.is_friend = meeting_->book().is_friend(link->peer());
    if (link->rtt().has_sample()) peer.rtt = link->rtt().smoothed();
    peer.up_for = runtime_.now() - link->up_since();
    peer.bytes_sent = link->bytes_sent();
    peer.bytes_received = link->bytes_received();
    peer.cipher = link->agreement().cipher;
    peer.version = link->agreement().version;
    peers.push_back(std::move(peer));
  }
  return peers;
}

}  // namespace starling::node
