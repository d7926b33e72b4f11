// node/messages/contact_book.h - the people whom this node's owner knows, by the names that he gave them.
//
// How:     load() once; a change counts when its completion comes.
// Bounds:  kContactsMax.
// Threads: network thread.
// Wire:    docs/wire/tables.md#contacts.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "env/runtime.h"

namespace starling::node {

struct Contact {
  static constexpr size_t kNameSizeMax = 64;

  std::string name;      // empty only when blocked
  bool blocked = false;  // nothing of theirs is taken
  friend bool operator==(const Contact&, const Contact&) = default;
};

class ContactBook {
 public:
  static constexpr size_t kContactsMax = 10'000;

  // `runtime` is borrowed.
  explicit ContactBook(env::Runtime& runtime) : runtime_(runtime) {}

  using Done = std::function<void(std::expected<void, env::TableError>)>;
  void load(Done done);
  // 1 to kNameSizeMax bytes of UTF-8 without control characters, and not like an account's key.
  static bool is_name(std::string_view text);

  [[nodiscard]] const std::map<crypto::AccountKey, Contact>& all() const { return contacts_; }
  // Null when there is none.
  [[nodiscard]] const Contact* find(const crypto::AccountKey& account) const;
  [[nodiscard]] std::optional<crypto::AccountKey> find(std::string_view name) const;
  // TableError::no_space beyond kContactsMax. Pre: the name is nobody else's.
  void set(const crypto::AccountKey& account, Contact contact, Done done);
  void remove(const crypto::AccountKey& account, Done done);

 private:
  env::Runtime& runtime_;
  std::map<crypto::AccountKey, Contact> contacts_;
};

// How a contact is kept in its row; empty for anything that encode() would not write.
std::optional<Contact> decode_contact(ByteView bytes);
Bytes encode(const Contact& contact);

}  // namespace starling::node
