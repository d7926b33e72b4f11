// node/messages/message_log.h - all messages of this node's owner on disk, and what is known of each conversation.
//
// How:     load() once. Changes are made one after the other, each in one commit; its completion says that it survives a crash.
// Bounds:  kConversationsMax conversations, kOutboxMax messages that wait; more are refused.
// Threads: network thread.
// Wire:    docs/wire/tables.md#messages.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <set>

#include "base/lifetime.h"
#include "env/runtime.h"
#include "messaging/conversation.h"
#include "messaging/delivery_message.h"

namespace starling::node {

struct Message {
  enum class State : uint8_t {
    queued,     // ours: on this disk, and not yet on the other's
    delivered,  // ours: the other's device has signed that it is on its disk
    refused,    // ours: the other does not take it
    received,   // the other's
  };
  uint64_t number = 0;  // in the order in which they came to this disk: 1, 2, ...
  State state = State::queued;
  crypto::AccountKey peer;
  uint64_t changed_unix_ms = 0;  // when it reached this state
  messaging::Refused::Reason reason = messaging::Refused::Reason::not_now;  // why it is refused
  space::Entry entry;
  [[nodiscard]] bool is_outgoing() const { return state != State::received; }
  friend bool operator==(const Message&, const Message&) = default;
};

std::string_view name_of(Message::State state);

enum class LogFailure : uint8_t {
  known,        // this very entry is here already, or the message waits no longer
  unwelcome,    // its author may leave no more
  not_allowed,  // not of its conversation
  too_many,
  no_space,
  disk_failed,
};

class MessageLog {
 public:
  static constexpr size_t kConversationsMax = 10'000;
  static constexpr size_t kOutboxMax = 10'000;

  // References are borrowed.
  MessageLog(env::Runtime& runtime, const crypto::Identity& device,
             const crypto::AccountKey& account)
      : runtime_(runtime), device_(device), account_(account) {}

  using Done = std::function<void(std::expected<void, env::TableError>)>;
  void load(Done done);

  using AddDone = std::function<void(std::expected<Message, LogFailure>)>;
  // Pre: is_text(text), and the peer is somebody else.
  void add_outgoing(const crypto::AccountKey& peer, std::string text, AddDone done);
  // Why an entry is not to be taken; empty: it is welcome.
  using Objection = std::function<std::optional<LogFailure>()>;
  // Pre: `device` is one of the peer's, and the stream's other end. `objection` is asked about an entry that is not here yet.
  void add_incoming(const crypto::AccountKey& peer, const crypto::NodeKey& device,
                    space::Entry entry, Objection objection, AddDone done);
  // Of a queued message; it leaves the outbox. Fails with `known` when it has left it already.
  void set_delivered(const Message& message, AddDone done);
  void set_refused(const Message& message, messaging::Refused::Reason reason, AddDone done);

  // What is there under this number cannot be sent: it waits no longer, until the next start.
  void pass_over(const crypto::AccountKey& peer, uint64_t number);

  using ReadDone = std::function<void(std::expected<std::vector<Message>, env::TableError>)>;
  // Messages from that number on, at most `limit`.
  void read(uint64_t from, size_t limit, ReadDone done);

  // The next message's.
  [[nodiscard]] uint64_t next_number() const { return next_number_; }
  [[nodiscard]] const std::map<crypto::AccountKey, messaging::Conversation>& conversations() const {
    return conversations_;
  }
  // Numbers of the messages that wait, by whom they are for.
  [[nodiscard]] const std::map<crypto::AccountKey, std::set<uint64_t>>& outbox() const {
    return outbox_;
  }
  [[nodiscard]] size_t outbox_size() const;

 private:
  // Calls the function given to it when it is done.
  using Change = std::function<void(std::function<void()>)>;
  void submit(Change change);
  void run_next();
  void load_outbox(const Done& done);
  void load_next_number(const Done& done);
  // As it is known; a new one where there is none.
  [[nodiscard]] messaging::Conversation conversation_with(const crypto::AccountKey& peer) const;
  void set_state(Message message, Message::State state, const AddDone& done,
                 const std::function<void()>& next);
  void leave_outbox(const crypto::AccountKey& peer, uint64_t number);
  void commit(Message message, const std::optional<messaging::Conversation::State>& state,
              const AddDone& done, const std::function<void()>& next);
  [[nodiscard]] uint64_t now_unix_ms() const;

  env::Runtime& runtime_;
  const crypto::Identity& device_;
  crypto::AccountKey account_;
  std::map<crypto::AccountKey, messaging::Conversation> conversations_;
  std::map<crypto::AccountKey, std::set<uint64_t>> outbox_;
  uint64_t next_number_ = 1;
  std::deque<Change> changes_;
  bool changing_ = false;
  bool running_ = false;
  Lifetime lifetime_;
};

// How a message is kept in its row, without its number; empty for anything that encode() would not write.
std::optional<Message> decode_message(ByteView bytes);
Bytes encode(const Message& message);

}  // namespace starling::node
