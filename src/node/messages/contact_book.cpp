#include "node/messages/contact_book.h"

#include <algorithm>

#include "crypto/key_text.h"
#include "messaging/conversation.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::node {
namespace {

constexpr const char* kContactsTable = "contacts";
constexpr uint8_t kContactVersion = 1;

}  // namespace

std::optional<Contact> decode_contact(ByteView bytes) {
  wire::Reader reader(bytes);
  if (reader.u8() != kContactVersion) return std::nullopt;
  const uint8_t blocked = reader.u8();
  Contact contact;
  contact.name = text_of(reader.remaining());
  if (!reader.ok() || blocked > 1) return std::nullopt;
  contact.blocked = blocked == 1;
  const bool nameless = contact.name.empty() && contact.blocked;
  return nameless || ContactBook::is_name(contact.name) ? std::optional(contact) : std::nullopt;
}

Bytes encode(const Contact& contact) {
  return wire::Writer()
      .u8(kContactVersion)
      .u8(contact.blocked ? 1 : 0)
      .bytes(view_of(contact.name))
      .take();
}

bool ContactBook::is_name(std::string_view text) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  };
  return text.size() <= Contact::kNameSizeMax && messaging::is_text(text) &&
         std::ranges::none_of(text, is_control) && !crypto::parse_account_key(text);
}

void ContactBook::load(Done done) {
  runtime_.tables().read(kContactsTable, {}, kContactsMax,
                         [this, done = std::move(done)](auto rows) {
                           if (!rows) return done(std::unexpected(rows.error()));
                           for (const auto& [key, value] : *rows) {
                             const auto account = crypto::AccountKey::from(key);
                             auto contact = decode_contact(value);
                             if (account && contact)
                               contacts_.insert_or_assign(*account, std::move(*contact));
                           }
                           done({});
                         });
}

const Contact* ContactBook::find(const crypto::AccountKey& account) const {
  const auto contact = contacts_.find(account);
  return contact == contacts_.end() ? nullptr : &contact->second;
}

std::optional<crypto::AccountKey> ContactBook::find(std::string_view name) const {
  if (name.empty()) return std::nullopt;  // several may have none
  const auto contact =
      std::ranges::find_if(contacts_, [&](const auto& entry) { return entry.second.name == name; });
  return contact == contacts_.end() ? std::nullopt : std::optional(contact->first);
}

void ContactBook::set(const crypto::AccountKey& account, Contact contact, Done done) {
  if (contacts_.size() >= kContactsMax && !contacts_.contains(account)) {
    runtime_.post([done = std::move(done)] { done(std::unexpected(env::TableError::no_space)); });
    return;
  }
  runtime_.tables().commit({{kContactsTable, copy_of(account.view()), encode(contact)}},
                           [this, account, contact, done = std::move(done)](auto committed) {
                             if (committed) contacts_.insert_or_assign(account, contact);
                             done(committed);
                           });
}

void ContactBook::remove(const crypto::AccountKey& account, Done done) {
  runtime_.tables().commit({{kContactsTable, copy_of(account.view()), std::nullopt}},
                           [this, account, done = std::move(done)](auto committed) {
                             if (committed) contacts_.erase(account);
                             done(committed);
                           });
}

}  // namespace starling::node
