#include "node/link_driver.h"

namespace starling::node {
namespace {

// Packets collected before they are handed to the sockets: enough for the largest GSO train (64) of several neighbours.
constexpr size_t kBatchMax = 256;
// Packets handled before what they caused is sent: a round of the socket brings more than a link's queue holds.
constexpr size_t kEventsBeforeSending = 128;

}  // namespace

LinkDriver::LinkDriver(env::Runtime& runtime, const link::LinkConfig& config,
                       const crypto::Identity& identity,
                       std::function<void(link::LayerEvent&)> on_event)
    : runtime_(runtime),
      on_event_(std::move(on_event)),
      rng_(runtime.secure_random().u64()),
      layer_(config, identity, rng_, runtime.secure_random()),
      carriers_(runtime,
                {.received =
                     [this](link::CarrierId id, std::span<const env::ReceivedDatagram> batch) {
                       handle_received(id, batch);
                     },
                 .added = [this](link::CarrierId id,
                                 link::CarrierKind kind) { layer_.add_carrier(id, kind); },
                 .removed =
                     [this](link::CarrierId id) {
                       layer_.remove_carrier(runtime_.now(), id);
                       pump();
                     }}),
      timer_(runtime.make_timer([this] { handle_timer(); })) {}

void LinkDriver::handle_received(link::CarrierId carrier,
                                 std::span<const env::ReceivedDatagram> batch) {
  if (deaf_) return;
  const Instant now = runtime_.now();
  for (const auto& datagram : batch) {
    layer_.handle_packet(now, {carrier, datagram.from}, datagram.bytes);
  }
  pump();
}

void LinkDriver::handle_timer() {
  layer_.handle_timeout(runtime_.now());
  pump();
}

bool LinkDriver::send_some() {
  std::vector<link::Transmit> batch;
  while (batch.size() < kBatchMax) {
    auto transmit = layer_.poll_transmit(runtime_.now());
    if (!transmit) break;
    batch.push_back(std::move(*transmit));
  }
  if (batch.empty()) return false;
  carriers_.send(batch);
  return true;
}

void LinkDriver::pump() {
  if (pumping_) return;
  pumping_ = true;
  bool busy = true;
  while (busy) {
    busy = false;
    for (size_t handled = 0; handled < kEventsBeforeSending; ++handled) {
      auto event = layer_.poll_event();
      if (!event) break;
      on_event_(*event);
      busy = true;
    }
    if (send_some()) busy = true;
  }
  pumping_ = false;
  timer_->arm(layer_.next_timeout());
}

}  // namespace starling::node
