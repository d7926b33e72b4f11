#include "node/meeting.h"

#include <algorithm>

#include "base/check.h"

namespace starling::node {
namespace {

constexpr Duration kBookSaveDelay = 1s;
constexpr Duration kCleanupInterval = 5s;
// Addresses at which neighbours see us; more would be a sign of lies or of a very busy NAT.
constexpr size_t kObservedMax = 8;

}  // namespace

std::string_view name_of(JoinOutcome outcome) {
  switch (outcome) {
    case JoinOutcome::linked:
      return "linked";
    case JoinOutcome::accepted:
      return "accepted";
    case JoinOutcome::unknown:
      return "unknown";
    case JoinOutcome::expired:
      return "expired";
    case JoinOutcome::used:
      return "used";
    case JoinOutcome::limited:
      return "limited";
    case JoinOutcome::no_answer:
      return "no_answer";
    case JoinOutcome::no_key:
      return "no_key";
    case JoinOutcome::friends_full:
      return "friends_full";
  }
  return "unknown";
}

Meeting::Meeting(env::Runtime& runtime, LinkDriver& driver, const NodeConfig& config,
                 const crypto::Identity& identity, const crypto::AccountKey& account)
    : runtime_(runtime),
      driver_(driver),
      config_(config),
      identity_(identity),
      account_(account),
      network_(crypto::network_tag_of(config.link.network)),
      life_(runtime.secure_random().u64()),
      dialer_(driver.rng()),
      timer_(runtime.make_timer([this] { work(); })) {}

void Meeting::start() {
  started_ = true;
  const Instant now = runtime_.now();
  next_cleanup_ = now + kCleanupInterval;
  for (const reach::PeerUri& peer : config_.peers) {
    if (!peer.addresses.empty())
      dialer_.add(now, {peer.key, peer.addresses, reach::Persistence::lasting});
  }
  for (const auto& [key, neighbour] : book_.entries()) {
    if (!neighbour.addresses.empty()) {
      dialer_.add(now, {key, neighbour.addresses, reach::Persistence::lasting});
    }
  }
  if (config_.lan) open_beacon();
  work();
}

void Meeting::stop(std::function<void()> done) {
  started_ = false;
  timer_->arm(kNever);
  beacon_socket_.reset();
  save_book(std::move(done));
}

void Meeting::pause() { paused_ = true; }

void Meeting::resume() {
  paused_ = false;
  work();
}

void Meeting::open_beacon() {
  auto socket = runtime_.open_beacon(config_.beacon_port, [this](auto batch) {
    for (const auto& datagram : batch) handle_beacon(datagram);
  });
  if (!socket) return;
  beacon_socket_ = std::move(*socket);
  beacon_schedule_ = std::make_unique<reach::BeaconSchedule>(driver_.rng(), runtime_.now());
}

void Meeting::handle_beacon(const env::ReceivedDatagram& datagram) {
  if (paused_) return;
  const auto beacon = reach::Beacon::decode(datagram.bytes);
  if (!beacon || beacon->network != network_) return;
  if (beacon->node_key == identity_.key()) {
    if (beacon->life != life_) heard_own_key_ = true;
    return;
  }
  if (is_linked(beacon->node_key)) return;
  Endpoint at = datagram.from;
  at.port = beacon->udp_port;
  const Instant now = runtime_.now();
  beacon_schedule_->handle_unknown_beacon(now);
  dialer_.add(now, {beacon->node_key,
                    {reach::peer_address_of(reach::Transport::udp, at)},
                    reach::Persistence::passing});
  work();
}

// Everything that is due: orders, beacons, files, joins that took too long.
void Meeting::work() {
  if (!started_) return;
  const Instant now = runtime_.now();
  while (!paused_) {
    const auto order = dialer_.poll_order(now);
    if (!order) break;
    carry_out(*order);
  }
  if (beacon_schedule_ && !paused_) {
    beacon_schedule_->handle_timeout(now);
    const auto endpoints = driver_.carriers().udp_endpoints();
    while (beacon_schedule_->poll_send()) {
      if (endpoints.empty()) continue;
      beacon_socket_->send(
          reach::Beacon{network_, endpoints.front().port, identity_.key(), life_}.encode());
    }
  }
  if (now >= book_save_at_) {
    book_save_at_ = kNever;
    save_book([] {});
  }
  for (auto& [key, join] : joins_) {
    if (now >= join.deadline) finish_join(join, JoinOutcome::no_answer);
  }
  if (now >= next_cleanup_) {
    next_cleanup_ = now + kCleanupInterval;
    driver_.carriers().close_useless([this](link::CarrierId carrier) {
      const auto links = driver_.layer().links();
      return std::any_of(links.begin(), links.end(), [&](const link::Link* link) {
        return link->active_path() && link->active_path()->id.carrier == carrier;
      });
    });
  }
  driver_.pump();
  rearm();
}

void Meeting::rearm() {
  Instant next = std::min(book_save_at_, paused_ ? kNever : next_cleanup_);
  if (!paused_) next = std::min(next, dialer_.next_timeout());
  if (beacon_schedule_ && !paused_) next = std::min(next, beacon_schedule_->next_timeout());
  for (const auto& [key, join] : joins_) {
    if (join.done) next = std::min(next, join.deadline);
  }
  timer_->arm(next);
}

void Meeting::carry_out(const reach::Dialer::Order& order) {
  if (const auto endpoint = reach::endpoint_of(order.address))
    return dial_endpoint(order, *endpoint);
  runtime_.resolve(order.address.host, [this, order](std::vector<Endpoint> addresses) {
    if (addresses.empty()) {
      dialer_.handle_failed(runtime_.now(), order.target, order.address);
      return work();
    }
    Endpoint endpoint = addresses.front();
    endpoint.port = order.address.port;
    dial_endpoint(order, endpoint);
    driver_.pump();
  });
}

void Meeting::dial_endpoint(const reach::Dialer::Order& order, const Endpoint& endpoint) {
  if (order.address.transport == reach::Transport::udp) {
    const auto path = driver_.carriers().udp_path(endpoint);
    if (path) return dial_path(order, *path);
    return dialer_.handle_failed(runtime_.now(), order.target, order.address);
  }
  driver_.carriers().connect_tcp(endpoint, [this, order](auto path) {
    if (path) {
      dial_path(order, *path);
      return driver_.pump();
    }
    dialer_.handle_failed(runtime_.now(), order.target, order.address);
    rearm();
  });
}

void Meeting::dial_path(const reach::Dialer::Order& order, const link::PathId& path) {
  orders_.push_back({order.target, order.address, path});
  const Instant now = runtime_.now();
  if (order.key) {
    driver_.layer().dial(now, *order.key, path);
  } else if (!driver_.layer().ask_key(now, path)) {
    fail_orders(path);
  }
}

void Meeting::fail_orders(const link::PathId& path) {
  for (size_t i = 0; i < orders_.size();) {
    if (orders_[i].path != path) {
      ++i;
      continue;
    }
    const Order order = orders_[i];
    orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(i));
    dialer_.handle_failed(runtime_.now(), order.target, order.address);
  }
}

void Meeting::handle_event(const link::LayerEvent& event) {
  const Instant now = runtime_.now();
  if (const auto* link_event = std::get_if<link::LinkEvent>(&event)) {
    if (const auto* up = std::get_if<link::LinkUp>(&link_event->what)) {
      handle_link_up(*link_event, *up);
    } else if (std::holds_alternative<link::LinkDown>(link_event->what)) {
      if (!is_linked(link_event->peer)) dialer_.handle_link_down(now, link_event->peer);
    } else if (const auto* seen = std::get_if<link::AddressObserved>(&link_event->what)) {
      if (observed_.size() < kObservedMax) observed_.insert(seen->observed);
    }
  } else if (const auto* failed = std::get_if<link::DialFailed>(&event)) {
    fail_orders(failed->path);
  } else if (const auto* unanswered = std::get_if<link::KeyUnanswered>(&event)) {
    fail_orders(unanswered->path);
  } else if (const auto* learned = std::get_if<link::KeyLearned>(&event)) {
    handle_key_learned(*learned);
  }
  rearm();
}

void Meeting::handle_key_learned(const link::KeyLearned& learned) {
  const Instant now = runtime_.now();
  if (learned.key == identity_.key()) return fail_orders(learned.path);
  for (const Order& order : orders_) {
    if (order.path == learned.path) dialer_.handle_key_learned(now, order.target, learned.key);
  }
  driver_.layer().dial(now, learned.key, learned.path);
}

void Meeting::handle_link_up(const link::LinkEvent& event, const link::LinkUp& up) {
  const Instant now = runtime_.now();
  dialer_.handle_link_up(event.peer);
  std::optional<reach::PeerAddress> dialled;
  for (const Order& order : orders_) {
    if (up.begun_by_us && order.path == up.path) dialled = order.address;
  }
  std::erase_if(orders_, [&](const Order& order) { return order.path == up.path; });
  book_.note_link(runtime_.wall_now(), event.peer, dialled);
  book_save_at_ = std::min(book_save_at_, now + kBookSaveDelay);
  driver_.layer().send_control(now, event.link, encode(reach::ClockMessage{runtime_.wall_now()}));
  if (const auto join = joins_.find(event.peer); join != joins_.end()) {
    present_secret(event.link, join->second);
  }
}

bool Meeting::handle_control(link::LinkId link, const crypto::NodeKey& peer, ByteView message) {
  const auto greeting = reach::decode_greeting(message);
  if (!greeting) return false;
  if (const auto* clock = std::get_if<reach::ClockMessage>(&*greeting)) {
    clocks_.add_reading(peer, runtime_.wall_now(), clock->now);
  } else if (const auto* invite = std::get_if<reach::InviteMessage>(&*greeting)) {
    handle_invite(link, peer, invite->secret);
  } else if (const auto* outcome = std::get_if<reach::InviteOutcomeMessage>(&*greeting)) {
    handle_invite_outcome(peer, outcome->outcome);
  }
  return true;
}

std::vector<reach::PeerAddress> Meeting::own_addresses() const {
  std::vector<reach::PeerAddress> result;
  const auto add = [&](reach::Transport transport, const Endpoint& endpoint) {
    const auto address = reach::peer_address_of(transport, endpoint);
    if (std::find(result.begin(), result.end(), address) == result.end()) result.push_back(address);
  };
  const auto add_listening = [&](reach::Transport transport, const Endpoint& local) {
    if (!local.is_unspecified()) return add(transport, local);
    for (Endpoint address : runtime_.interface_addresses()) {
      if (address.is_ipv4() != local.is_ipv4()) continue;
      address.port = local.port;
      add(transport, address);
    }
  };
  for (const Endpoint& local : driver_.carriers().udp_endpoints()) {
    add_listening(reach::Transport::udp, local);
  }
  for (const Endpoint& observed : observed_) add(reach::Transport::udp, observed);
  for (const Endpoint& local : driver_.carriers().tcp_endpoints()) {
    add_listening(reach::Transport::tcp, local);
  }
  return result;
}

}  // namespace starling::node
