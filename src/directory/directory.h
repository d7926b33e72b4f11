// directory/directory.h - signed records on the nodes nearest to their position, and the way to them.
//
// How:     a lookup goes from contact to contact, each nearer to the position (passages.h); whoever has the record answers along
//          the way back. A put goes the same way; where it ends the record is kept and passed to the kReplicas nearest
//          (keeper.h). Locations held double as contacts, which makes the last steps certain.
// Drive:   after every call drain poll_output(), re-arm next_timeout(). Keep set_contacts() true.
// Rules and the attacks they answer:
//  - every record is checked before it is kept or believed: a holder can refuse, never forge;
//  - a lookup without an answer goes kWays ways, each around the nodes that failed before: liars on the way or at its end are
//    not enough while honest holders are left;
//  - answers are not larger than questions and go only to who asked; senders are limited.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/directory.md.
#pragma once

#include <set>

#include "directory/directory_state.h"
#include "directory/keeper.h"
#include "directory/passages.h"
#include "directory/publisher.h"
#include "directory/sender_limits.h"

namespace starling::directory {

class Directory {
 public:
  static constexpr int kWays = 3;
  // Of gathered records no holder has all, and one may hide some: those of so many answers are put together.
  static constexpr int kGatherAnswers = 2;
  // Every lookup is over then: three ways, each Passages::kPatience.
  static constexpr Duration kLookupTime = 4'800ms;
  // How long a lookup waits for a first contact when there is none.
  static constexpr Duration kContactWait = 3s;
  static constexpr size_t kLookupsMax = 1'024;
  // Carried packets remembered, so that each arrives once; the oldest is forgotten.
  static constexpr size_t kCarriedMax = 1'024;
  // Ways into unknown parts of the key space are looked for so soon, then each time later.
  static constexpr Duration kExploreFirst = 3s;
  static constexpr Duration kExploreMax = 30min;
  static constexpr size_t kExploredAtOnce = 2;

  // `checked` is borrowed and may be null: for many nodes in one process.
  Directory(const crypto::Identity& identity, Rng& rng, crypto::SecureRandom& random, Instant now,
            crypto::CheckedClaims* checked = nullptr);

  // Which locations are of nodes that take part in the directory; all are, until it is said. It is asked for authentic ones.
  void set_contact_rule(std::function<bool(const Record&)> rule) {
    state_.is_contact = std::move(rule);
  }
  // The nodes of the routing table.
  void set_contacts(Instant now, const std::vector<NodeId>& nodes);
  // An own record of this node; replaces the last one of the kind, and gets a higher sequence than that in any case. Published
  // at once and kept alive, signed anew with the next sequence each half of its lifetime. A location's sequence begins with
  // the epoch of the node's life: epoch << 32 | number; one with an empty body only says who we are to who gets a first
  // packet, and is put nowhere.
  void publish(Instant now, uint8_t kind, Bytes body, uint32_t lifetime_s, uint64_t sequence);
  // The same for a gathered record at `position`.
  void publish_at(Instant now, uint8_t kind, const Position& position, Bytes body,
                  uint32_t lifetime_s, uint64_t sequence);
  // A record signed by another key, e.g. of a site: put again now and then until its lifetime is over. Pre: authentic.
  void publish_signed(Instant now, Record record);
  // No longer kept alive; what holders have ends with its lifetime.
  void withdraw(const RecordKey& key) { publisher_.withdraw(key); }

  // Ends in LookupDone (of gathered kinds with up to kGatherAnswers * LookupAnswer::kRecordsMax records), within kContactWait + kLookupTime.
  LookupId look_up(Instant now, const Target& target);
  // The same for a node's location, with a first packet for it that arrives at most once. With a `sequence_min` above 0 others
  // are asked in any case: the location known here leads nowhere. Pre: our own location is published, and the payload has at
  // most Carried::kPayloadMax bytes.
  LookupId look_up_carrying(Instant now, const NodeId& node, uint8_t payload_kind, Bytes payload,
                            uint64_t sequence_min = 0);
  [[nodiscard]] bool has_own_location() const { return publisher_.location() != nullptr; }
  // What is known here of that node's location.
  [[nodiscard]] std::optional<Record> location_of(Instant now, const NodeId& node);

  // `from` need not be authentic.
  void handle_message(Instant now, const NodeId& from, ByteView payload);
  // A SendTo could not be delivered.
  void handle_undeliverable(Instant now, const NodeId& node);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;

  std::optional<DirectoryOutput> poll_output();
  [[nodiscard]] const RecordStore& store() const { return state_.store; }
  [[nodiscard]] const ContactBook& contacts() const { return state_.contacts; }
  [[nodiscard]] const Counters<DirectoryCounter>& counters() const { return state_.counters; }
  // Lookups of our own and questions of others that are under way.
  [[nodiscard]] size_t open_questions() const { return lookups_.size() + passages_.size(); }

 private:
  struct OpenLookup {
    LookupId id;  // zero: to learn a way, nobody waits for it
    Target target;
    std::optional<Carried> carried;
    std::vector<NodeId> avoid;
    std::vector<Record> found;
    int ways = 0;
    int answers = 0;       // that held records
    bool silence = false;  // one of the ways ended without an answer
  };

  void handle(Instant now, const NodeId& from, Put put);
  void handle(Instant now, const NodeId& from, const CarriedDelivery& delivery);
  void handle(Instant now, const NodeId& from, const PutAnswer& answer);
  void note_contacts(Instant now);

  // directory_lookup.cpp
  void handle(Instant now, const NodeId& from, Lookup lookup);
  void handle(Instant now, const NodeId& from, LookupAnswer answer);
  LookupId begin_lookup(Instant now, const Target& target, std::optional<Carried> carried);
  void open_lookup(Instant now, OpenLookup lookup);
  void try_next_way(Instant now, uint32_t number);
  void finish_lookup(uint32_t number);
  void add_found(OpenLookup& lookup, std::vector<Record> records);
  void handle_found(Instant now, const PassageEnd& end, std::vector<Record> records);
  void handle_failed_way(Instant now, const PassageEnd& end, std::vector<NodeId> way);
  [[nodiscard]] RecordStore::Found find(Instant now, const Target& target);
  void answer(const Asker& asker, LookupAnswer answer, size_t size_max);
  void deliver_carried(Instant now, const Carried& carried, const Record& location);
  void explore(Instant now);

  DirectoryState state_;
  Keeper keeper_;
  Passages passages_;
  Publisher publisher_;
  std::map<uint32_t, OpenLookup> lookups_;  // by number
  DeadlineMap<uint32_t> lonely_;            // lookups that wait for a first contact, by number
  uint64_t next_lookup_ = 1;
  SenderLimits lookup_limits_;
  SenderLimits put_limits_;
  std::set<std::pair<NodeId, uint64_t>> carried_seen_;
  std::deque<std::pair<NodeId, uint64_t>> carried_order_;
  Instant next_explore_;
  Duration explore_interval_ = kExploreFirst;
};

}  // namespace starling::directory
