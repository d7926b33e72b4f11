// directory/contact_book.h - the nodes through which lookups go: those of the routing table, and those whose location we know.
//
// Rules:   a contact that cannot be reached, or leaves kUnansweredMax questions in a row unanswered, is left out for
//          kSilentTime, and then after each further failure twice as long: invented locations wear off. Any message from it
//          ends the silence.
// Threads: single owner.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/time.h"
#include "directory/key_space.h"

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

  // The nodes of the routing table, all at once.
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
  // Whether this node is among the `count` nearest that it knows.
  [[nodiscard]] bool is_among_nearest(Instant now, const Position& position, size_t count) const;
  // The numbers of first bits of this node's id, below those shared with the `siblings`th nearest contact, for which no
  // contact shares exactly so many: the parts of the key space into which we know no way.
  [[nodiscard]] std::vector<size_t> unknown_branches(Instant now, size_t siblings) const;
  [[nodiscard]] size_t size() const;
  [[nodiscard]] bool is_silent(Instant now, const NodeId& node) const;
  // Changes whenever nearest() may give another result, except by time: call expire() first.
  [[nodiscard]] uint64_t version() const { return version_; }

 private:
  struct Trouble {
    int unanswered = 0;
    int silences = 0;
    Instant silent_until = Instant::min();
    Instant forget_at;
  };
  void silence(Instant now, Trouble& trouble);
  [[nodiscard]] Trouble* trouble_of(Instant now, const NodeId& node);

  NodeId self_;
  std::set<NodeId> routed_;
  std::map<NodeId, Instant> located_;  // and when the location expires
  std::map<NodeId, Trouble> troubled_;
  uint64_t version_ = 0;
};

}  // namespace starling::directory
