#include "api/message_json.h"

#include <nlohmann/json.hpp>

#include "crypto/key_text.h"

namespace starling::api {
namespace {

using nlohmann::json;

std::string_view name_of(messaging::Refused::Reason reason) {
  switch (reason) {
    case messaging::Refused::Reason::not_mine:
      return "not_mine";
    case messaging::Refused::Reason::unwelcome:
      return "unwelcome";
    case messaging::Refused::Reason::malformed:
      return "malformed";
    case messaging::Refused::Reason::not_now:
      break;
  }
  return "not_now";
}

json trouble_json(node::Postman::Trouble trouble) {
  switch (trouble) {
    case node::Postman::Trouble::none:
      return nullptr;
    case node::Postman::Trouble::no_devices:
      return "no_devices";
    case node::Postman::Trouble::unreachable:
      return "unreachable";
    case node::Postman::Trouble::own_disk:
      return "own_disk";
    case node::Postman::Trouble::not_now:
      break;
  }
  return "not_now";
}

json name_json(const std::string& name) { return name.empty() ? json() : json(name); }

}  // namespace

json message_json(const node::Message& message, const node::Messenger& messenger) {
  using State = node::Message::State;
  const node::Contact* contact = messenger.contacts().find(message.peer);
  const bool is_text = message.entry.type == messaging::kTextType;
  json object = {{"number", message.number},
                 {"direction", message.is_outgoing() ? "out" : "in"},
                 {"account", to_text(message.peer)},
                 {"name", contact ? name_json(contact->name) : json()},
                 {"state", node::name_of(message.state)},
                 {"reason", nullptr},
                 {"trouble", nullptr},
                 {"text", is_text ? json(text_of(message.entry.body)) : json()},
                 {"written_unix_ms", message.entry.written_unix_ms},
                 {"changed_unix_ms", message.changed_unix_ms}};
  if (message.state == State::refused) object["reason"] = name_of(message.reason);
  if (message.state == State::queued && messenger.postman() != nullptr)
    object["trouble"] = trouble_json(messenger.postman()->trouble_of(message.peer));
  return object;
}

json contact_json(const crypto::AccountKey& account, const node::Contact& contact) {
  return {{"account", to_text(account)},
          {"name", name_json(contact.name)},
          {"blocked", contact.blocked}};
}

json contacts_json(const node::ContactBook& contacts) {
  json list = json::array();
  for (const auto& [account, contact] : contacts.all()) {
    list.push_back(contact_json(account, contact));
  }
  return {{"contacts", std::move(list)}};
}

}  // namespace starling::api
