// directory/contact_book.h - the nodes through which lookups go: those of the routing table, and those whose location we know.
//
// Rules:   a contact that cannot be reached, or leaves kUnansweredMax questions in a row unanswered, is left out for
//          kSilentTime, and then after each further failure twice as long: invented locations wear off. Any message from it
//          ends the silence.
// How:     one array of all contacts, sorted by id: those near to a position stand together (nearest_first.h). Routing tables
//          change often and by little, so the array is changed only where their list differs from the last one.
// Threads: single owner.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/time.h"
#include "directory/changed_contacts.h"
#include "directory/list_change.h"
#include "directory/nearest_first.h"

namespace starling::directory {

class ContactBook {
 public:
  static constexpr Duration kSilentTime = 30s;
  static constexpr int kSilentDoublingsMax = 7;  // about an hour
  // One may be lost on the way, or its answer.
  static constexpr int kUnansweredMax = 2;
  // Our siblings, and whom we have looked up; when full, the one farthest from us goes.
  static constexpr size_t kLocatedMax = 1'024;
  // Contacts that did not answer; when full, further ones are not noted.
  static constexpr size_t kTroubledMax = 1'024;

  explicit ContactBook(const NodeId& self) : self_(self) {}

  // The nodes of the routing table, all at once. Costs least when most stand in the same order as the last time.
  void set_routed(const std::vector<NodeId>& nodes);
  // True when it was no contact before.
  bool add_located(const NodeId& node, Instant expires);
  void note_undeliverable(Instant now, const NodeId& node);
  void note_unanswered(Instant now, const NodeId& node);
  void note_sign_of_life(const NodeId& node);
  // It has come back and lost what it knew.
  void note_new_life(const NodeId& node);
  void expire(Instant now);

  // The `count` nearest to `position`, nearest first, without this node.
  [[nodiscard]] std::vector<NodeId> nearest(Instant now, const Position& position,
                                            size_t count) const;
  // The same into an array; how many there are.
  size_t nearest(Instant now, const Position& position, std::span<NodeId> into) const;
  // Calls visit(node), the nearest first, until it returns false.
  template <typename Visit>
  void visit_nearest(Instant now, const Position& position, const Visit& visit) const {
    visit_nearest_first(std::span(contacts_), number_of(position), [&](const Contact& contact) {
      return !is_usable(now, contact) || visit(id_of(contact.key));
    });
  }
  // Whether this node is among the `count` nearest that it knows.
  [[nodiscard]] bool is_among_nearest(Instant now, const Position& position, size_t count) const;
  // The numbers of first bits of this node's id, below those shared with the `siblings`th nearest contact, for which no
  // contact shares exactly so many: the parts of the key space into which we know no way.
  [[nodiscard]] std::vector<size_t> unknown_branches(Instant now, size_t siblings) const;
  [[nodiscard]] size_t size() const { return contacts_.size(); }
  [[nodiscard]] bool is_silent(Instant now, const NodeId& node) const;
  // Changes whenever nearest() may give another result, except by time: call expire() first.
  [[nodiscard]] uint64_t version() const { return version_; }
  // Those whose coming, going or silence may have changed what nearest() gives since the last call, except by time as above.
  [[nodiscard]] ChangedContacts take_changed();

 private:
  struct Trouble {
    int unanswered = 0;
    int silences = 0;
    Instant silent_until = Instant::min();
    Instant forget_at;
  };
  // Of a contact that is not located.
  static constexpr Instant kNotLocated = Instant::min();
  struct Contact {
    KeyNumber key{};
    Instant located_until = kNotLocated;
    bool is_routed = false;
    bool may_be_silent = false;  // troubled_ says until when
    [[nodiscard]] bool is_located() const { return located_until != kNotLocated; }
  };
  [[nodiscard]] bool is_usable(Instant now, const Contact& contact) const {
    return (contact.is_routed || now < contact.located_until) &&
           !(contact.may_be_silent && is_silent(now, id_of(contact.key)));
  }
  [[nodiscard]] Contact* find(const KeyNumber& key);
  void add(const std::vector<KeyNumber>& fresh, const Contact& as);
  bool make_room_for(const KeyNumber& key);
  void forget_unneeded();
  bool apply(const ListChange& change);
  void expire_located(Instant now);
  void silence(Instant now, const NodeId& node, Trouble& trouble);
  void note_silence(const NodeId& node, bool silent);
  [[nodiscard]] Trouble* trouble_of(Instant now, const NodeId& node);

  NodeId self_;
  std::vector<Contact> contacts_;  // sorted by key
  std::vector<NodeId> routed_;     // in the order in which they were given, each once
  size_t routed_count_ = 0;
  size_t located_count_ = 0;
  Instant next_expiry_ = kNever;  // of a location, or earlier
  std::map<NodeId, Trouble> troubled_;
  ChangedContacts changed_;
  uint64_t version_ = 0;
};

}  // namespace starling::directory
