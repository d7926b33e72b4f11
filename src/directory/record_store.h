// directory/record_store.h - the records that this node holds for others, and copies of what it has read.
//
// Rules and the attacks they answer:
//  - only authentic records get in (the caller checks); own records: one per kind and signer, the newest;
//  - gathered records: at most kPerPosition at one position, one per signer. Which stay is decided by a secret hash of the
//    signer, so every signer has the same chance, whether it comes early, late or often;
//  - kBytesMax in all, a share for each class: a flood of provider records displaces no location. Within a class copies go
//    first, then what was read longest ago.
// Threads: single owner.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "directory/directory_message.h"

namespace starling::directory {

enum class Holding : uint8_t {
  held,  // we are among the nearest: kept, served, passed to the others
  copy,  // read or passed on: served until kCopyLifetime after it left a holder
};

class RecordStore {
 public:
  static constexpr size_t kBytesMax = 8 << 20;
  static constexpr size_t kPerPosition = 64;
  // So long may a copy be older than what the holders have.
  static constexpr Duration kCopyLifetime = 45s;
  // Entries that one find() looks at; with a short prefix and a rare kind there is no end.
  static constexpr size_t kScanMax = 512;
  // Nodes remembered per record; the oldest is forgotten.
  static constexpr size_t kToldMax = 24;

  struct Stored {
    Record record;  // age_s as of `received`
    Instant received;
    Instant expires;
    Instant last_read;
    Holding holding = Holding::held;
    // The Keeper's: changes of contacts that share fewer first bits with the position do not concern it. 0: look at it in any case.
    uint8_t near_bits = 0;
    Instant left_holder;       // counts for copies
    std::vector<NodeId> told;  // nodes that have this version or have heard of it from us
    // The Keeper's: when to tell others of it, how often still all that have not confirmed it, and how often one was told.
    Instant next_digest = kNever;
    int tell_all = 0;
    std::vector<NodeId> confirmed_by;
    int digests = 0;

    [[nodiscard]] bool is_told(const NodeId& node) const;
    void add_told(const NodeId& node);
    void forget_told(const NodeId& node);
  };
  struct Found {
    std::vector<Record> records;
    Duration copied{};  // time since the oldest of them left a holder
  };
  using Entries = std::map<RecordKey, Stored>;

  explicit RecordStore(Rng& rng);

  enum class Outcome : uint8_t { stored, known, older, refused };
  // Pre: the record is authentic. A held one never becomes a copy by a later copy. `copied`: for copies, how long ago it
  // left a holder.
  Outcome put(Instant now, const Record& record, Holding holding, Duration copied = {});
  // Matching records with their age as of now, of gathered ones those of one position; at random when there are more than
  // `count_max`.
  Found find(Instant now, const Target& target, size_t count_max);
  void expire(Instant now);
  // No longer ours to hold.
  void make_copy(Instant now, Stored& stored);

  // Changes to the key, the record or the holding break the store.
  [[nodiscard]] Entries& all() { return stored_; }
  [[nodiscard]] const Entries& all() const { return stored_; }
  [[nodiscard]] size_t bytes() const;
  [[nodiscard]] static Record aged(const Stored& stored, Instant now);
  // What one record counts for, with everything that is kept about it.
  [[nodiscard]] static size_t size_of(const Record& record);

  enum class Class : uint8_t { location, own, gathered, count_ };
  [[nodiscard]] static Class class_of(uint8_t kind);
  [[nodiscard]] static size_t bytes_max(Class of);

 private:
  [[nodiscard]] bool has_place_at(const RecordKey& key);
  [[nodiscard]] uint64_t rank(const crypto::NodeKey& signer) const;
  bool make_room(const Record& record);
  Entries::iterator erase(Entries::iterator entry);
  void set_expiry(Stored& stored, Instant expires);

  Rng& rng_;
  std::array<uint8_t, 16> rank_key_{};
  Entries stored_;
  Instant next_expiry_ = kNever;  // or earlier
  std::array<size_t, static_cast<size_t>(Class::count_)> bytes_{};
};

}  // namespace starling::directory
