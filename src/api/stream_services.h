// api/stream_services.h - services that programs offer to other nodes: each request for a stream waits here until one comes.
//
// How:     a program asks again and again for the next stream of its service. The service listens while a request waits and
//          kGrace longer; what comes in between waits for the next request.
// Bounds:  kServicesMax services, kWaitingMax requests each (further ones are refused), kArrivedMax streams each (further ones
//          are refused to the peer).
// Threads: network thread.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "api/stream_tunnel.h"

namespace starling::api {

class StreamServices {
 public:
  static constexpr size_t kServicesMax = 64;
  static constexpr size_t kWaitingMax = 64;
  static constexpr size_t kArrivedMax = 16;
  // Shorter than a request may take; then the program is told that nobody came.
  static constexpr Duration kPatience = 50s;
  static constexpr Duration kGrace = 10s;
  // Services of the node itself.
  static constexpr std::string_view kReservedPrefix = "starling.";

  // `node` is borrowed. `desk` keeps this object.
  StreamServices(node::Node& node, std::weak_ptr<Desk> desk);
  ~StreamServices();

  // The next stream of the service is the answer. The policy replaces that of earlier requests.
  void wait(const std::string& service, session::SessionLayer::Policy policy, Responder respond);

 private:
  struct Waiting {
    Responder respond;
    Instant until;
  };
  struct Arrived {
    std::shared_ptr<StreamTunnel> tunnel;
    crypto::NodeKey peer;
  };
  struct Service {
    std::deque<Waiting> waiting;
    std::deque<Arrived> arrived;
    Instant until;  // listens so long without a request
  };

  node::SessionDriver::StreamHandlers accept(const std::string& name, node::StreamId stream,
                                             const crypto::NodeKey& peer);
  void match(Service& service);
  void work();

  node::Node& node_;
  std::weak_ptr<Desk> desk_;
  std::map<std::string, Service> services_;
  std::unique_ptr<env::Timer> timer_;
};

}  // namespace starling::api
