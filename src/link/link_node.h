// link/link_node.h - for tests only: a node as tests see it: its layer, its address, and all that it reported.
#pragma once

#include <functional>

#include "link/link_layer.h"

namespace starling::link {

inline constexpr CarrierId kTestCarrier{1};

struct LinkNode {
  LinkNode(uint64_t seed, LinkConfig its_config)
      : secure_random(seed),
        rng(seed),
        identity(crypto::Identity::generate(secure_random)),
        config(std::move(its_config)) {
    start();
  }
  LinkNode(const LinkNode&) = delete;
  LinkNode& operator=(const LinkNode&) = delete;

  // A new life with the same key.
  void start() {
    layer = std::make_unique<LinkLayer>(config, identity, rng, secure_random);
    layer->add_carrier(kTestCarrier, CarrierKind::udp);
  }
  [[nodiscard]] const crypto::NodeKey& key() const { return identity.key(); }
  [[nodiscard]] uint64_t count(LinkCounter counter) const { return layer->counters().of(counter); }

  void take_events() {
    while (auto event = layer->poll_event()) {
      if (on_event) on_event(*event);
      if (auto* of_link = std::get_if<LinkEvent>(&*event)) {
        take(*of_link);
      } else if (auto* failed = std::get_if<DialFailed>(&*event)) {
        dials_failed.push_back(*failed);
      } else if (auto* learned = std::get_if<KeyLearned>(&*event)) {
        keys_learned.push_back(*learned);
      } else if (std::holds_alternative<KeyUnanswered>(*event)) {
        ++keys_unanswered;
      } else {
        ++own_keys_seen;
      }
    }
  }
  void take(LinkEvent& event) {
    if (auto* up = std::get_if<LinkUp>(&event.what)) ups.push_back(*up);
    if (auto* down = std::get_if<LinkDown>(&event.what)) downs.push_back(down->reason);
    if (auto* control = std::get_if<ControlReceived>(&event.what))
      controls.push_back(std::move(control->message));
    if (auto* datagram = std::get_if<DatagramReceived>(&event.what))
      datagrams.push_back(std::move(datagram->bytes));
    if (auto* sealed = std::get_if<SealedReceived>(&event.what))
      sealed_datagrams.push_back(std::move(*sealed));
    if (auto* seen = std::get_if<AddressObserved>(&event.what)) observed.push_back(seen->observed);
  }

  crypto::SeededRandom secure_random;
  Rng rng;
  crypto::Identity identity;
  LinkConfig config;
  Endpoint address;
  bool running = true;  // false: it neither receives nor gets timeouts, as if switched off
  std::unique_ptr<LinkLayer> layer;

  std::function<void(const LayerEvent&)> on_event;
  std::vector<LinkUp> ups;
  std::vector<DownReason> downs;
  std::vector<Bytes> controls;
  std::vector<Bytes> datagrams;
  std::vector<SealedReceived> sealed_datagrams;
  std::vector<Endpoint> observed;
  std::vector<DialFailed> dials_failed;
  std::vector<KeyLearned> keys_learned;
  int keys_unanswered = 0;
  int own_keys_seen = 0;
};

}  // namespace starling::link
