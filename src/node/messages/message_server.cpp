#include "node/messages/message_server.h"

#include <algorithm>

namespace starling::node {
namespace {

using messaging::Refused;

constexpr size_t kDeliveryReadSize = 64 << 10;
constexpr uint32_t kDeliveryBroken = 1;
constexpr uint32_t kTooManyCallers = 2;

Refused::Reason refusal_of(LogFailure failure) {
  switch (failure) {
    case LogFailure::not_allowed:
      return Refused::Reason::malformed;
    case LogFailure::too_many:
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
  if (callers_.size() >= kStreamsMax) {
    around_.sessions.reset(stream, kTooManyCallers);
    return {};
  }
  callers_[stream].device = peer;
  return {.readable = [this, stream] { read(stream); },
          .finished =
              [this, stream] {
                callers_.at(stream).finished = true;
                work(stream);
              },
          .closed = [this, stream](const auto&) { callers_.erase(stream); }};
}

void MessageServer::read(StreamId stream) {
  work(stream);
  for (auto caller = callers_.find(stream); caller != callers_.end();
       caller = callers_.find(stream)) {
    // While the disk is busy the rest waits in the stream.
    if (caller->second.writing) return;
    const Bytes bytes = around_.sessions.read(stream, kDeliveryReadSize);
    if (bytes.empty()) return;
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
  const auto list = messaging::devices_of(hello.sender);
  if (!list || std::ranges::find(list->devices, caller.device) == list->devices.end()) return false;
  caller.author = messaging::account_of(hello.sender);
  caller.for_us = hello.to == around_.account;
  around_.finder.learn(hello.sender);
  seen_(*caller.author);
  return *caller.author != around_.account;
}

void MessageServer::take(StreamId stream, Caller& caller, const messaging::Handover& handover) {
  auto entry = space::decode_entry(handover.entry);
  if (!entry) return around_.sessions.reset(stream, kDeliveryBroken);
  const space::EntryId id = id_of(*entry);
  if (!caller.for_us) return answer(stream, id, Refused::Reason::not_mine);
  if (!is_welcome(*caller.author)) return answer(stream, id, Refused::Reason::unwelcome);
  caller.writing = true;
  around_.log.add_incoming(
      *caller.author, caller.device, std::move(*entry),
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

bool MessageServer::is_welcome(const crypto::AccountKey& author) const {
  const Contact* contact = around_.contacts.find(author);
  if (contact) return !contact->blocked;
  if (!is_stranger(author)) return true;
  uint64_t of_author = 0;
  uint64_t of_all = 0;
  for (const auto& [account, conversation] : around_.log.conversations()) {
    if (!is_stranger(account)) continue;
    of_all += conversation.state().received;
    if (account == author) of_author = conversation.state().received;
  }
  return of_author < kOfStranger && of_all < kOfStrangers;
}

}  // namespace starling::node
