// node/messages/messenger.h - messages to and from people: what the API sees.
//
// How:     load() once, then everything.
// Threads: network thread.
#pragma once

#include "node/messages/contact_book.h"
#include "node/messages/message_server.h"
#include "node/messages/postman.h"

namespace starling::node {

enum class SendFailure : uint8_t {
  no_text,  // empty, too long, or not UTF-8
  own_account,
  too_many,  // that wait, or conversations
  no_space,
  disk_failed,
};
// One sentence for a person, without a full stop.
std::string_view describe(SendFailure failure);

class Messenger {
 public:
  // References are borrowed.
  Messenger(env::Runtime& runtime, Mesh& mesh, SessionDriver& sessions,
            const crypto::Identity& device, const crypto::Identity& account);

  using LoadDone = std::function<void(std::expected<void, env::TableError>)>;
  // Reads what is kept, tells the directory which devices this account has, and goes on delivering.
  void load(LoadDone done);

  using SendDone = std::function<void(std::expected<Message, SendFailure>)>;
  // `done` comes when the message is on the disk: from then on it is brought to the other side as soon as that can be reached.
  void send(const crypto::AccountKey& to, std::string text, SendDone done);
  // Messages from that number on.
  void read(uint64_t from, size_t limit, MessageLog::ReadDone done) {
    log_.read(from, limit, std::move(done));
  }
  // This node has just found its way back into the network.
  void handle_online();
  // Told of each message that is new or has another state.
  void set_observer(std::function<void(const Message&)> observer) {
    observer_ = std::move(observer);
  }

  ContactBook& contacts() { return contacts_; }
  [[nodiscard]] const ContactBook& contacts() const { return contacts_; }
  [[nodiscard]] const MessageLog& log() const { return log_; }
  // Null before load().
  [[nodiscard]] const Postman* postman() const { return postman_.get(); }

 private:
  void handle_changed(const Message& message) {
    if (observer_) observer_(message);
  }

  env::Runtime& runtime_;
  Mesh& mesh_;
  SessionDriver& sessions_;
  const crypto::Identity& device_;
  const crypto::Identity& account_;
  crypto::AccountKey account_key_;
  ContactBook contacts_;
  MessageLog log_;
  DeviceFinder finder_;
  // From a successful load() on.
  std::unique_ptr<Postman> postman_;
  std::unique_ptr<MessageServer> server_;
  std::function<void(const Message&)> observer_;
  Lifetime lifetime_;
};

}  // namespace starling::node
