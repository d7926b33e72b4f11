#include "node/messages/message_server.h"

#include <algorithm>

namespace starling::node {
namespace {

using messaging::Refused;

constexpr size_t kDeliveryReadSize = 64 << 10;
constexpr uint32_t kDeliveryBroken = 1;
constexpr uint32_t kTooManyCallers = 2;
constexpr Duration kCountInterval = 1s;

Refused::Reason refusal_of(LogFailure failure) {
  switch (failure) {
    case LogFailure::not_allowed:
      return Refused::Reason::malformed;
    case LogFailure::unwelcome:
      return Refused::Reason::unwelcome;
    default:
      return Refused::Reason::not_now;
  }
}

}  // namespace

MessageServer::MessageServer(const Surroundings& around,
                             std::function<void(const Message&)> arrived,
                             std::function<void(const crypto::AccountKey&)> seen)
    : around_(around), arrived_(std::move(arrived)), seen_(std::move(seen)) {
  around_.sessions.listen(
      messaging::kMessageService, session::SessionLayer::allow_all(),
      [this](StreamId stream, const crypto::NodeKey& peer) { return accept(stream, peer); });
}

SessionDriver::StreamHandlers MessageServer::accept(StreamId stream, const crypto::NodeKey& peer) {
  if (callers_.size() >= kStreamsMax) make_room();
  Caller& caller = callers_[stream];
  caller.device = peer;
  caller.heard = around_.runtime.now();
  return {.readable = [this, stream] { read(stream); },
          .finished =
              [this, stream] {
                callers_.at(stream).finished = true;
                work(stream);
              },
          .closed = [this, stream](const auto&) { callers_.erase(stream); }};
}

void MessageServer::make_room() {
  const auto quietest =
      std::ranges::min_element(callers_, {}, [](const auto& entry) { return entry.second.heard; });
  around_.sessions.abandon(quietest->first, kTooManyCallers);
  callers_.erase(quietest);
}

void MessageServer::read(StreamId stream) {
  work(stream);
  for (auto caller = callers_.find(stream); caller != callers_.end();
       caller = callers_.find(stream)) {
    // While the disk is busy the rest waits in the stream.
    if (caller->second.writing) return;
    const Bytes bytes = around_.sessions.read(stream, kDeliveryReadSize);
    if (bytes.empty()) return;
    caller->second.heard = around_.runtime.now();
    if (!caller->second.reader.take(bytes)) return around_.sessions.reset(stream, kDeliveryBroken);
    work(stream);
  }
}

void MessageServer::work(StreamId stream) {
  while (true) {
    const auto entry = callers_.find(stream);
    if (entry == callers_.end() || entry->second.writing) return;
    Caller& caller = entry->second;
    const auto message = caller.reader.poll();
    if (!message) {
      if (std::exchange(caller.finished, false)) around_.sessions.finish(stream);
      return;
    }
    if (!handle(stream, caller, *message)) return around_.sessions.reset(stream, kDeliveryBroken);
  }
}

bool MessageServer::handle(StreamId stream, Caller& caller,
                           const messaging::DeliveryMessage& message) {
  if (const auto* hello = std::get_if<messaging::Hello>(&message)) return greet(caller, *hello);
  const auto* handover = std::get_if<messaging::Handover>(&message);
  if (!handover || !caller.author) return false;
  take(stream, caller, *handover);
  return true;
}

bool MessageServer::greet(Caller& caller, const messaging::Hello& hello) {
  if (caller.author) return false;
  if (!messaging::devices_of(hello.sender)) return false;
  const crypto::AccountKey author = messaging::account_of(hello.sender);
  around_.finder.learn(hello.sender);
  // The newest list that was seen counts, whatever the caller shows.
  const messaging::DeviceList* list = around_.finder.known(author);
  if (list == nullptr || std::ranges::find(list->devices, caller.device) == list->devices.end()) {
    return false;
  }
  caller.author = author;
  caller.for_us = hello.to == around_.account;
  seen_(*caller.author);
  return *caller.author != around_.account;
}

void MessageServer::take(StreamId stream, Caller& caller, const messaging::Handover& handover) {
  auto entry = space::decode_entry(handover.entry);
  if (!entry) return around_.sessions.reset(stream, kDeliveryBroken);
  const space::EntryId id = id_of(*entry);
  if (!caller.for_us) return answer(stream, id, Refused::Reason::not_mine);
  caller.writing = true;
  around_.log.add_incoming(
      *caller.author, caller.device, std::move(*entry),
      [this, author = *caller.author] { return objection_to(author); },
      lifetime_.guard([this, stream, id](const std::expected<Message, LogFailure>& added) {
        if (added) arrived_(*added);
        const bool here = added || added.error() == LogFailure::known;
        answer(stream, id, here ? std::nullopt : std::optional(refusal_of(added.error())));
        const auto caller_entry = callers_.find(stream);
        if (caller_entry == callers_.end()) return;
        caller_entry->second.writing = false;
        read(stream);
      }));
}

void MessageServer::answer(StreamId stream, const space::EntryId& entry,
                           std::optional<Refused::Reason> refusal) {
  if (!callers_.contains(stream)) return;
  around_.sessions.write(stream, refusal ? encode(Refused{entry, *refusal})
                                         : encode(messaging::receipt_for(entry, around_.device)));
}

bool MessageServer::is_stranger(const crypto::AccountKey& account) const {
  if (around_.contacts.find(account)) return false;
  const auto conversation = around_.log.conversations().find(account);
  return conversation == around_.log.conversations().end() ||
         !conversation->second.state().sequences.contains(around_.device.key());
}

std::optional<LogFailure> MessageServer::objection_to(const crypto::AccountKey& author) {
  const Contact* contact = around_.contacts.find(author);
  if (contact) return contact->blocked ? std::optional(LogFailure::unwelcome) : std::nullopt;
  if (!is_stranger(author)) return std::nullopt;
  const auto& conversations = around_.log.conversations();
  const auto own = conversations.find(author);
  if (own != conversations.end() && own->second.state().received >= kOfStranger)
    return LogFailure::unwelcome;
  const Instant now = around_.runtime.now();
  if (now >= count_again_) {
    of_strangers_ = 0;
    for (const auto& [account, conversation] : conversations) {
      if (is_stranger(account)) of_strangers_ += conversation.state().received;
    }
    count_again_ = now + kCountInterval;
  }
  // What comes before the next count is on top. All of them are too many, not this one: later, perhaps.
  return of_strangers_++ < kOfStrangers ? std::nullopt : std::optional(LogFailure::too_many);
}

}  // namespace starling::node
