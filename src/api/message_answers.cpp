// Messages and the people whom the owner knows.
#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "api/desk.h"
#include "api/members.h"
#include "api/message_json.h"
#include "crypto/key_text.h"

namespace starling::api {
namespace {

using nlohmann::json;
using DeskPointer = std::shared_ptr<Desk>;

// Their texts are up to 32 KiB each.
constexpr uint64_t kMessagesMax = 200;
constexpr uint64_t kMessagesDefault = 100;

Response response_of(node::SendFailure failure) {
  switch (failure) {
    case node::SendFailure::no_text:
    case node::SendFailure::own_account:
      return error_response(400, describe(failure));
    case node::SendFailure::too_many:
      return error_response(409, describe(failure));
    case node::SendFailure::no_space:
    case node::SendFailure::disk_failed:
      break;
  }
  return error_response(500, describe(failure));
}

// Of a key, or of a contact's name.
std::expected<crypto::AccountKey, Response> account_of(const node::Messenger& messenger,
                                                       const std::string& text) {
  if (const auto key = crypto::parse_account_key(text)) return *key;
  if (const auto account = messenger.contacts().find(text)) return *account;
  return std::unexpected(error_response(
      400, "this is neither the name of a contact nor the key of an account (a...)"));
}

void send(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"to", "text"});
  if (!members) return respond(members.error());
  const auto to = text_member(*members, "to");
  const auto text = text_member(*members, "text");
  if (!to) return respond(to.error());
  if (!text) return respond(text.error());
  if (!*to) return respond(error_response(400, "to is missing: whom the message is for"));
  desk->with_node([respond, to = **to, text = text->value_or("")](node::Node& node) {
    node::Messenger& messenger = node.messenger();
    const auto account = account_of(messenger, to);
    if (!account) return respond(account.error());
    messenger.send(*account, text, [respond, &messenger](const auto& sent) {
      if (!sent) return respond(response_of(sent.error()));
      Response response = json_response(message_json(*sent, messenger));
      response.status = 202;
      respond(std::move(response));
    });
  });
}

void show_messages(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto fields = parse_query(request.query, {"since", "limit"});
  if (!fields) return respond(fields.error());
  const auto since = number_field(*fields, "since");
  const auto limit = number_field(*fields, "limit");
  if (!since) return respond(since.error());
  if (!limit) return respond(limit.error());
  const uint64_t count = limit->value_or(kMessagesDefault);
  if (count < 1 || count > kMessagesMax)
    return respond(error_response(400, fmt::format("limit must be from 1 to {}", kMessagesMax)));
  desk->with_node([respond, since = *since, count](node::Node& node) {
    node::Messenger& messenger = node.messenger();
    const uint64_t next = messenger.log().next_number();
    // Without a wish the newest.
    const uint64_t from = since.value_or(next > count ? next - count : 1);
    messenger.read(from, count, [respond, &messenger](const auto& messages) {
      if (!messages) return respond(error_response(500, "the disk failed"));
      json list = json::array();
      for (const node::Message& message : *messages)
        list.push_back(message_json(message, messenger));
      respond(
          json_response({{"messages", std::move(list)}, {"next", messenger.log().next_number()}}));
    });
  });
}

void show_message(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto fields = parse_query(request.query, {"number"});
  if (!fields) return respond(fields.error());
  const auto number = number_field(*fields, "number");
  if (!number) return respond(number.error());
  if (!*number) return respond(error_response(400, "number is missing: that of a message"));
  desk->with_node([respond, number = **number](node::Node& node) {
    node::Messenger& messenger = node.messenger();
    messenger.read(number, 1, [respond, number, &messenger](const auto& messages) {
      if (!messages) return respond(error_response(500, "the disk failed"));
      if (messages->empty() || messages->front().number != number)
        return respond(error_response(404, "there is no message of this number"));
      respond(json_response(message_json(messages->front(), messenger)));
    });
  });
}

void show_contacts(const DeskPointer& desk, const Request& /*request*/, const Responder& respond) {
  desk->with_node([respond](node::Node& node) {
    respond(json_response(contacts_json(node.messenger().contacts())));
  });
}

// What the contact is to become; the error is the answer to give.
std::expected<node::Contact, Response> contact_after(const node::ContactBook& contacts,
                                                     const crypto::AccountKey& account,
                                                     const std::optional<std::string>& name,
                                                     std::optional<bool> blocked) {
  const node::Contact* known = contacts.find(account);
  node::Contact contact = known ? *known : node::Contact{};
  if (name) contact.name = *name;
  if (blocked) contact.blocked = *blocked;
  if (contact.name.empty() && contact.blocked) return contact;
  if (!node::ContactBook::is_name(contact.name)) {
    return std::unexpected(error_response(
        400, fmt::format("a contact's name has from 1 to {} bytes, no control characters, and does "
                         "not look like a key",
                         node::Contact::kNameSizeMax)));
  }
  const auto namesake = contacts.find(contact.name);
  if (namesake && *namesake != account)
    return std::unexpected(error_response(409, "another contact has this name"));
  return contact;
}

void set_contact(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"account", "name", "blocked"});
  if (!members) return respond(members.error());
  const auto account_text = text_member(*members, "account");
  const auto name = text_member(*members, "name");
  const auto blocked = switch_member(*members, "blocked");
  if (!account_text) return respond(account_text.error());
  if (!name) return respond(name.error());
  if (!blocked) return respond(blocked.error());
  const auto wish = members->contains("blocked") ? std::optional(*blocked) : std::nullopt;
  desk->with_node([respond, text = account_text->value_or(""), name = *name,
                   wish](node::Node& node) {
    node::ContactBook& contacts = node.messenger().contacts();
    const auto account = account_of(node.messenger(), text);
    if (!account) return respond(account.error());
    const node::Contact* known = contacts.find(*account);
    if (wish == false && known != nullptr && known->name.empty() && !name) {
      // It was only there for its block.
      contacts.remove(*account, [respond, account = *account](const auto& removed) {
        respond(removed ? json_response(contact_json(account, {}))
                        : error_response(500, "the disk failed"));
      });
      return;
    }
    const auto contact = contact_after(contacts, *account, name, wish);
    if (!contact) return respond(contact.error());
    contacts.set(*account, *contact, [respond, account = *account, contact = *contact](auto set) {
      if (set) return respond(json_response(contact_json(account, contact)));
      respond(error_response(set.error() == env::TableError::no_space ? 409 : 500,
                             "the contact could not be kept: too many, or no space on the disk"));
    });
  });
}

void forget(const DeskPointer& desk, const Request& request, const Responder& respond) {
  const auto members = parse_members(request.body, {"account"});
  if (!members) return respond(members.error());
  const auto text = text_member(*members, "account");
  if (!text) return respond(text.error());
  desk->with_node([respond, text = text->value_or("")](node::Node& node) {
    node::ContactBook& contacts = node.messenger().contacts();
    const auto account = account_of(node.messenger(), text);
    if (!account) return respond(account.error());
    if (contacts.find(*account) == nullptr)
      return respond(error_response(404, "this is no contact"));
    contacts.remove(*account, [respond](const auto& removed) {
      respond(removed ? json_response({{"state", "forgotten"}})
                      : error_response(500, "the disk failed"));
    });
  });
}

constexpr std::array kMessageEntries = std::to_array<Entry>({
    {"POST", "/api/v1/send", send},
    {"GET", "/api/v1/messages", show_messages},
    {"GET", "/api/v1/message", show_message},
    {"GET", "/api/v1/contacts", show_contacts},
    {"POST", "/api/v1/contact", set_contact},
    {"POST", "/api/v1/forget", forget},
});

}  // namespace

std::span<const Entry> message_entries() { return kMessageEntries; }

}  // namespace starling::api
