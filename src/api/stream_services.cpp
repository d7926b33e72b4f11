#include "api/stream_services.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "crypto/key_text.h"

namespace starling::api {

StreamServices::StreamServices(node::Node& node, std::weak_ptr<Desk> desk)
    : node_(node), desk_(std::move(desk)), timer_(node.runtime().make_timer([this] { work(); })) {}

StreamServices::~StreamServices() {
  for (const auto& [name, service] : services_) node_.sessions().stop_listening(name);
}

void StreamServices::wait(const std::string& name, session::SessionLayer::Policy policy,
                          Responder respond) {
  if (!services_.contains(name) && services_.size() >= kServicesMax) {
    return respond(error_response(409, fmt::format("{} services listen already", kServicesMax)));
  }
  const bool listens = node_.sessions().listen(
      name, std::move(policy),
      [this, name](auto stream, const auto& peer) { return accept(name, stream, peer); });
  if (!listens) {
    return respond(error_response(
        400, "the name of a service has 1 to 64 characters of a-z, 0-9, '.', '/', '_' and '-'"));
  }
  Service& service = services_[name];
  const Instant now = node_.runtime().now();
  service.until = now + kPatience + kGrace;
  if (service.waiting.size() >= kWaitingMax) {
    return respond(error_response(
        409, fmt::format("{} requests wait for streams of this service already", kWaitingMax)));
  }
  service.waiting.push_back({std::move(respond), now + kPatience});
  match(service);
  work();
}

node::SessionDriver::StreamHandlers StreamServices::accept(const std::string& name,
                                                           node::StreamId stream,
                                                           const crypto::NodeKey& peer) {
  const auto desk = desk_.lock();
  const auto entry = services_.find(name);
  if (!desk || entry == services_.end() || entry->second.arrived.size() >= kArrivedMax) {
    node_.sessions().reset(stream, 0);
    return {};
  }
  auto tunnel = std::make_shared<StreamTunnel>(desk);
  tunnel->set_stream(stream);
  auto handlers = tunnel->handlers(node_.sessions(), [](const auto&) {});
  entry->second.arrived.push_back({std::move(tunnel), peer});
  match(entry->second);
  return handlers;
}

void StreamServices::match(Service& service) {
  while (!service.waiting.empty() && !service.arrived.empty()) {
    Response response{.status = 101};
    response.headers = {{"Starling-Peer", to_text(service.arrived.front().peer)}};
    response.tunnel = std::move(service.arrived.front().tunnel);
    service.arrived.pop_front();
    const Responder respond = std::move(service.waiting.front().respond);
    service.waiting.pop_front();
    service.until = node_.runtime().now() + kGrace;
    respond(std::move(response));
  }
}

void StreamServices::work() {
  const Instant now = node_.runtime().now();
  Instant next = kNever;
  for (auto entry = services_.begin(); entry != services_.end();) {
    auto& [name, service] = *entry;
    while (!service.waiting.empty() && now >= service.waiting.front().until) {
      service.waiting.front().respond(Response{.status = 204});
      service.waiting.pop_front();
    }
    if (service.waiting.empty() && now >= service.until) {
      node_.sessions().stop_listening(name);
      entry = services_.erase(entry);
      continue;
    }
    next = std::min(next, service.waiting.empty() ? service.until : service.waiting.front().until);
    ++entry;
  }
  timer_->arm(next);
}

}  // namespace starling::api
