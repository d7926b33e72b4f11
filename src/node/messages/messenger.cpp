#include "node/messages/messenger.h"

#include <algorithm>

namespace starling::node {
namespace {

SendFailure send_failure_of(LogFailure failure) {
  switch (failure) {
    case LogFailure::too_many:
      return SendFailure::too_many;
    case LogFailure::no_space:
      return SendFailure::no_space;
    default:
      return SendFailure::disk_failed;
  }
}

}  // namespace

std::string_view describe(SendFailure failure) {
  switch (failure) {
    case SendFailure::no_text:
      return "a message has from 1 to 32768 bytes of UTF-8";
    case SendFailure::own_account:
      return "this is the account of this very node";
    case SendFailure::too_many:
      return "as many messages wait for delivery as may";
    case SendFailure::no_space:
      return "there is no space left on the disk";
    case SendFailure::disk_failed:
      break;
  }
  return "the disk failed";
}

Messenger::Messenger(env::Runtime& runtime, Mesh& mesh, SessionDriver& sessions,
                     const crypto::Identity& device, const crypto::Identity& account)
    : runtime_(runtime),
      mesh_(mesh),
      sessions_(sessions),
      device_(device),
      account_(account),
      account_key_{account.key().value},
      contacts_(runtime),
      log_(runtime, device, account_key_),
      finder_(runtime, mesh) {}

void Messenger::load(LoadDone done) {
  contacts_.load(lifetime_.guard([this, done](const auto& contacts) {
    if (!contacts) return done(std::unexpected(contacts.error()));
    log_.load(lifetime_.guard([this, done](const auto& log) {
      if (!log) return done(std::unexpected(log.error()));
      // Above that of earlier lives, as long as the clock is not set back; the list is the same then.
      const auto clock =
          static_cast<uint64_t>(std::max<int64_t>(runtime_.wall_now().unix_seconds, 1));
      const auto list = messaging::device_list_record(account_, {{device_.key()}}, clock);
      mesh_.directory().publish_signed(runtime_.now(), list);
      mesh_.pump();
      postman_ =
          std::make_unique<Postman>(Postman::Surroundings{runtime_, sessions_, finder_, log_}, list,
                                    [this](const Message& message) { handle_changed(message); });
      server_ = std::make_unique<MessageServer>(
          MessageServer::Surroundings{runtime_, sessions_, finder_, log_, contacts_, device_,
                                      account_key_},
          [this](const Message& message) { handle_changed(message); },
          [this](const crypto::AccountKey& account) {
            if (log_.outbox().contains(account)) postman_->wake(account);
          });
      postman_->wake_all();
      done({});
    }));
  }));
}

void Messenger::handle_online() {
  if (postman_) postman_->wake_all();
}

void Messenger::send(const crypto::AccountKey& to, std::string text, SendDone done) {
  const auto refuse = [&](SendFailure failure) {
    runtime_.post([done, failure] { done(std::unexpected(failure)); });
  };
  if (!messaging::is_text(text)) return refuse(SendFailure::no_text);
  if (to == account_key_) return refuse(SendFailure::own_account);
  log_.add_outgoing(
      to, std::move(text),
      lifetime_.guard([this, to, done](const std::expected<Message, LogFailure>& added) {
        if (!added) return done(std::unexpected(send_failure_of(added.error())));
        postman_->wake(to);
        handle_changed(*added);
        done(*added);
      }));
}

}  // namespace starling::node
