// directory/publisher.h - keeps the records of this node's programs alive in the flock.
//
// How:     a record is put at once, twice more while a starting flock settles, and then each half of its lifetime; a record
//          signed by this node is signed anew each time, with the next sequence. A put that is not answered is repeated, each
//          time later.
// Drive:   hand it the ends of its passages (those of puts asked by this node); re-arm next_timeout().
// Threads: single owner.
#pragma once

#include <map>

#include "base/deadline_map.h"
#include "directory/keeper.h"
#include "directory/passages.h"

namespace starling::directory {

class Publisher {
 public:
  static constexpr Duration kRepublishMin = 5s;
  static constexpr Duration kRepublishMax = 12h;
  static constexpr Duration kRetry = 1s;
  static constexpr int kRetryDoublingsMax = 6;
  static Duration republish_after(uint32_t lifetime_s);

  Publisher(DirectoryState& state, Keeper& keeper, Passages& passages)
      : state_(state), keeper_(keeper), passages_(passages) {}

  // Signs the draft (kind, body, lifetime and sequence; for gathered kinds the position). Replaces the last one of this kind
  // and position; its sequence becomes higher than that one's in any case.
  void publish(Instant now, Record draft);
  // A record signed elsewhere: put until its lifetime is over. Pre: authentic.
  void publish_signed(Instant now, Record record);
  // No longer put; it ends with its lifetime.
  void withdraw(const RecordKey& key) {
    due_.disarm(key);
    own_.erase(key);
  }

  // Null before the first publication.
  [[nodiscard]] const Record* location() const;
  [[nodiscard]] std::vector<Record> find(Instant now, const Target& target, size_t count_max) const;

  void handle_contacts(Instant now);
  void handle_put_answer(Instant now, uint32_t number);
  void handle_put_silence(Instant now, uint32_t number);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const { return due_.next(); }

 private:
  struct Own {
    Record record;  // age_s as of `since`
    Instant since;
    Instant next_put;
    uint32_t number = 0;  // of the put that is under way
    int failures = 0;     // in a row
    int confirmed = 0;    // puts answered
    bool lonely = false;  // there was nobody to put it to
  };
  [[nodiscard]] Record aged(const Own& own, Instant now) const;
  void put(Instant now, const RecordKey& key, Own& own);
  void schedule(const RecordKey& key, Own& own, Instant next_put) {
    own.next_put = next_put;
    due_.arm(key, next_put);
  }
  // The record whose put has this number; empty when it was replaced or withdrawn meanwhile.
  [[nodiscard]] std::optional<RecordKey> take_under_way(uint32_t number);

  DirectoryState& state_;
  Keeper& keeper_;
  Passages& passages_;
  std::map<RecordKey, Own> own_;
  DeadlineMap<RecordKey> due_;
  std::map<uint32_t, RecordKey> under_way_;  // by the number of the put
};

}  // namespace starling::directory
