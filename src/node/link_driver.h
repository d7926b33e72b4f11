// node/link_driver.h - runs the link layer on a runtime: its timer, its carriers, its outputs.
//
// How:     packets and timeouts come in by themselves; after a command to layer() call pump().
// Threads: network thread.
#pragma once

#include <functional>
#include <memory>

#include "env/runtime.h"
#include "link/link_layer.h"
#include "node/carriers.h"

namespace starling::node {

class LinkDriver {
 public:
  // `on_event` may take the event apart, give commands to layer() and call pump(), but must not destroy the driver.
  LinkDriver(env::Runtime& runtime, const link::LinkConfig& config,
             const crypto::Identity& identity, std::function<void(link::LayerEvent&)> on_event);

  link::LinkLayer& layer() { return layer_; }
  [[nodiscard]] const link::LinkLayer& layer() const { return layer_; }
  Carriers& carriers() { return carriers_; }
  [[nodiscard]] const Carriers& carriers() const { return carriers_; }
  Rng& rng() { return rng_; }
  // A node that sleeps hears nothing.
  void set_deaf(bool deaf) { deaf_ = deaf; }

  // Hands on events, sends packets, re-arms the timer. Harmless when nothing is to be done, and from inside on_event.
  void pump();

 private:
  void handle_received(link::CarrierId carrier, std::span<const env::ReceivedDatagram> batch);
  void handle_timer();
  bool send_some();

  env::Runtime& runtime_;
  std::function<void(link::LayerEvent&)> on_event_;
  Rng rng_;
  link::LinkLayer layer_;
  Carriers carriers_;
  std::unique_ptr<env::Timer> timer_;
  bool pumping_ = false;
  bool deaf_ = false;
};

}  // namespace starling::node
