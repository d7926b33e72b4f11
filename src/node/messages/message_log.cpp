#include "node/messages/message_log.h"

#include <algorithm>

#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

using messaging::Conversation;
using messaging::Refused;

constexpr const char* kMessagesTable = "messages";
constexpr const char* kEntriesTable = "entries";
constexpr const char* kConversationsTable = "conversations";
constexpr const char* kOutboxTable = "outbox";
constexpr const char* kNextTable = "next_message";
constexpr uint8_t kMessageVersion = 1;

Bytes number_bytes(uint64_t number) { return wire::Writer().u64(number).take(); }

std::optional<uint64_t> number_in(ByteView bytes) {
  wire::Reader reader(bytes);
  const uint64_t number = reader.u64();
  return reader.finish() ? std::optional(number) : std::nullopt;
}

LogFailure log_failure_of(env::TableError error) {
  return error == env::TableError::no_space ? LogFailure::no_space : LogFailure::disk_failed;
}

}  // namespace

std::string_view name_of(Message::State state) {
  switch (state) {
    case Message::State::queued:
      return "queued";
    case Message::State::delivered:
      return "delivered";
    case Message::State::refused:
      return "refused";
    case Message::State::received:
      break;
  }
  return "received";
}

std::optional<Message> decode_message(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kMessageVersion) return std::nullopt;
  const uint8_t state = reader.u8();
  const uint8_t reason = reader.u8();
  Message message;
  message.peer = reader.fixed<crypto::AccountKey>();
  message.changed_unix_ms = reader.u64();
  if (!reader.ok() || state > static_cast<uint8_t>(Message::State::received) || reason == 0 ||
      reason > static_cast<uint8_t>(Refused::Reason::not_now)) {
    return std::nullopt;
  }
  message.state = static_cast<Message::State>(state);
  message.reason = static_cast<Refused::Reason>(reason);
  auto entry = space::decode_entry(reader.remaining());
  if (!entry) return std::nullopt;
  message.entry = std::move(*entry);
  return message;
}

Bytes encode(const Message& message) {
  return wire::Writer()
      .u8(kMessageVersion)
      .u8(static_cast<uint8_t>(message.state))
      .u8(static_cast<uint8_t>(message.reason))
      .fixed(message.peer)
      .u64(message.changed_unix_ms)
      .bytes(space::encode(message.entry))
      .take();
}

// --- loading -----------------------------------------------------------------------------------------------

void MessageLog::load(Done done) {
  runtime_.tables().read(
      kConversationsTable, {}, kConversationsMax, lifetime_.guard([this, done](auto rows) {
        if (!rows) return done(std::unexpected(rows.error()));
        for (const auto& [key, value] : *rows) {
          auto state = messaging::decode_conversation(value);
          // A row of a later program, or damage: the messages themselves are still there.
          if (!state) continue;
          const crypto::AccountKey peer = state->peer;
          conversations_.insert_or_assign(peer, Conversation(account_, std::move(*state)));
        }
        load_outbox(done);
      }));
}

void MessageLog::load_outbox(const Done& done) {
  runtime_.tables().read(kOutboxTable, {}, kOutboxMax, lifetime_.guard([this, done](auto rows) {
    if (!rows) return done(std::unexpected(rows.error()));
    for (const auto& [key, value] : *rows) {
      const auto number = number_in(key);
      const auto peer = crypto::AccountKey::from(value);
      if (number && peer) outbox_[*peer].insert(*number);
    }
    load_next_number(done);
  }));
}

void MessageLog::load_next_number(const Done& done) {
  runtime_.tables().read(kNextTable, {}, 1, lifetime_.guard([this, done](auto rows) {
    if (!rows) return done(std::unexpected(rows.error()));
    const auto next = rows->empty() ? std::optional<uint64_t>(1) : number_in(rows->front().second);
    if (!next) return done(std::unexpected(env::TableError::failed));
    next_number_ = *next;
    // Never over a message that is there.
    runtime_.tables().read(kMessagesTable, number_bytes(next_number_), 1, [done](auto later) {
      if (!later) return done(std::unexpected(later.error()));
      if (!later->empty()) return done(std::unexpected(env::TableError::failed));
      done({});
    });
  }));
}

size_t MessageLog::outbox_size() const {
  size_t size = 0;
  for (const auto& [peer, numbers] : outbox_) size += numbers.size();
  return size;
}

uint64_t MessageLog::now_unix_ms() const {
  return static_cast<uint64_t>(std::max<int64_t>(runtime_.wall_now().unix_seconds, 0)) * 1'000;
}

// --- one after the other -----------------------------------------------------------------------------------

void MessageLog::submit(Change change) {
  changes_.push_back(std::move(change));
  if (!changing_) run_next();
}

void MessageLog::run_next() {
  // A change that is over at once comes back here: it goes on in this loop, not deeper.
  changing_ = false;
  if (std::exchange(running_, true)) return;
  while (!changing_ && !changes_.empty()) {
    changing_ = true;
    const Change change = std::move(changes_.front());
    changes_.pop_front();
    change(lifetime_.guard([this] { run_next(); }));
  }
  running_ = false;
}

Conversation MessageLog::conversation_with(const crypto::AccountKey& peer) const {
  const auto entry = conversations_.find(peer);
  return entry != conversations_.end() ? entry->second : Conversation(account_, {.peer = peer});
}

void MessageLog::add_outgoing(const crypto::AccountKey& peer, std::string text, AddDone done) {
  submit([this, peer, text = std::move(text), done = std::move(done)](const auto& next) {
    const bool is_new = !conversations_.contains(peer);
    if (outbox_size() >= kOutboxMax || (is_new && conversations_.size() >= kConversationsMax)) {
      done(std::unexpected(LogFailure::too_many));
      return next();
    }
    const Conversation conversation = conversation_with(peer);
    Message message;
    message.state = Message::State::queued;
    message.peer = peer;
    message.changed_unix_ms = now_unix_ms();
    message.entry = conversation.compose(device_, message.changed_unix_ms, text);
    auto state = conversation.after(message.entry);
    commit(std::move(message), std::move(state), done, next);
  });
}

void MessageLog::add_incoming(const crypto::AccountKey& peer, const crypto::NodeKey& device,
                              space::Entry entry, Objection objection, AddDone done) {
  submit([this, peer, device, entry = std::move(entry), objection = std::move(objection),
          done = std::move(done)](const auto& next) {
    const Bytes id = copy_of(id_of(entry).view());
    const auto go_on = [this, peer, device, entry, objection, id, done, next](auto rows) {
      const auto fail = [&](LogFailure failure) {
        done(std::unexpected(failure));
        next();
      };
      if (!rows) return fail(log_failure_of(rows.error()));
      if (!rows->empty() && rows->front().first == id) return fail(LogFailure::known);
      if (const auto why = objection()) return fail(*why);
      const bool is_new = !conversations_.contains(peer);
      if (is_new && conversations_.size() >= kConversationsMax) return fail(LogFailure::too_many);
      const Conversation conversation = conversation_with(peer);
      if (!conversation.may_hold(entry, device)) return fail(LogFailure::not_allowed);
      Message message;
      message.state = Message::State::received;
      message.peer = peer;
      message.changed_unix_ms = now_unix_ms();
      message.entry = entry;
      commit(std::move(message), conversation.after(entry), done, next);
    };
    runtime_.tables().read(kEntriesTable, id, 1, lifetime_.guard(go_on));
  });
}

void MessageLog::set_delivered(const Message& message, AddDone done) {
  submit([this, message, done = std::move(done)](const auto& next) {
    set_state(message, Message::State::delivered, done, next);
  });
}

void MessageLog::set_refused(const Message& message, Refused::Reason reason, AddDone done) {
  submit([this, message, reason, done = std::move(done)](const auto& next) {
    Message refused = message;
    refused.reason = reason;
    set_state(std::move(refused), Message::State::refused, done, next);
  });
}

void MessageLog::set_state(Message message, Message::State state, const AddDone& done,
                           const std::function<void()>& next) {
  const auto box = outbox_.find(message.peer);
  if (box == outbox_.end() || !box->second.contains(message.number)) {
    done(std::unexpected(LogFailure::known));
    return next();
  }
  message.state = state;
  message.changed_unix_ms = now_unix_ms();
  commit(std::move(message), std::nullopt, done, next);
}

void MessageLog::pass_over(const crypto::AccountKey& peer, uint64_t number) {
  leave_outbox(peer, number);
}

void MessageLog::leave_outbox(const crypto::AccountKey& peer, uint64_t number) {
  const auto box = outbox_.find(peer);
  if (box == outbox_.end()) return;
  box->second.erase(number);
  if (box->second.empty()) outbox_.erase(box);
}

void MessageLog::commit(Message message, const std::optional<Conversation::State>& state,
                        const AddDone& done, const std::function<void()>& next) {
  const bool is_new = message.number == 0;
  if (is_new) message.number = next_number_;
  const Bytes key = number_bytes(message.number);
  const Bytes id = copy_of(id_of(message.entry).view());
  std::vector<env::TableChange> changes = {{kMessagesTable, key, encode(message)}};
  if (is_new) {
    changes.push_back({kNextTable, {}, number_bytes(next_number_ + 1)});
    changes.push_back({kEntriesTable, id, key});
  }
  if (state) {
    changes.push_back({kConversationsTable, copy_of(message.entry.space.view()), encode(*state)});
  }
  const bool waits = message.state == Message::State::queued;
  if (message.is_outgoing()) {
    changes.push_back(
        {kOutboxTable, key, waits ? std::optional(copy_of(message.peer.view())) : std::nullopt});
  }
  runtime_.tables().commit(std::move(changes), lifetime_.guard([this, message, state, is_new, waits,
                                                                done, next](const auto& committed) {
    if (!committed) {
      done(std::unexpected(log_failure_of(committed.error())));
      return next();
    }
    if (is_new) ++next_number_;
    if (state) conversations_.insert_or_assign(message.peer, Conversation(account_, *state));
    if (waits) {
      outbox_[message.peer].insert(message.number);
    } else {
      leave_outbox(message.peer, message.number);
    }
    done(message);
    next();
  }));
}

void MessageLog::read(uint64_t from, size_t limit, ReadDone done) {
  runtime_.tables().read(kMessagesTable, number_bytes(from), limit,
                         [done = std::move(done)](auto rows) {
                           if (!rows) return done(std::unexpected(rows.error()));
                           std::vector<Message> messages;
                           for (const auto& [key, value] : *rows) {
                             auto message = decode_message(value);
                             const auto number = number_in(key);
                             if (!message || !number) continue;
                             message->number = *number;
                             messages.push_back(std::move(*message));
                           }
                           done(std::move(messages));
                         });
}

}  // namespace starling::node
