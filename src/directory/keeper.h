// directory/keeper.h - holds records with the other nodes nearest to them.
//
// How:     the node where a put ends sends the record to the kReplicas nearest, and asks a second later whether it arrived.
//          From then on each holder tells others what it holds in digests of 8 bytes a record: a node that has come nearer at
//          once, and in each round a few of the nearest, drawn at random; whoever lacks something asks for it. That hands
//          records over, repairs losses, replaces old versions, and costs next to nothing while all is well.
// Rules and the attacks they answer:
//  - records are held only near their position, and let go (kept as copies) when kHoldersMax nearer nodes are known;
//  - records are sent only to who returns the token of our digest, and so is where it says: no amplification;
//  - at most kTagsPerTick records are told of per kTick: a newcomer is not flooded.
// Drive:   re-arm next_timeout() after every call.
// Threads: single owner.
#pragma once

#include <map>
#include <optional>

#include "directory/directory_state.h"

namespace starling::directory {

class Keeper {
 public:
  static constexpr Duration kTick = 500ms;
  // Below what receivers let through (SenderLimits).
  static constexpr size_t kTagsPerTick = 48;
  // Who holds a record keeps it while at most so many known nodes are nearer: others know other nodes.
  static constexpr size_t kHoldersMax = kReplicas + 4;
  // After a put ended here, the others are told of the record so often: what was asked for may be lost as well.
  static constexpr int kChecks = 2;
  static constexpr Duration kCheckReplicas = 1s;
  static constexpr Duration kCheckAgain = 8s;
  // Of a record that is new here, while the neighbourhood may still be settling; each waits four times as long.
  static constexpr Duration kFirstDigest = 2s;
  static constexpr int kEarlyDigests = 3;
  // Of all that is held, so that few messages tell of many records.
  static constexpr Duration kRound = 600s;
  static constexpr Duration kWantWait = 2s;
  // Nodes whose answer to a digest is awaited; of further ones silence is not noticed.
  static constexpr size_t kAwaitedMax = 256;
  // Records asked for; when there are more, some may come twice, or not until the next digest.
  static constexpr size_t kAskedMax = 1'024;
  static constexpr int kAskTimesMax = 3;
  static constexpr Duration kIdleTick = 30s;

  Keeper(DirectoryState& state, Instant now);

  struct Kept {
    RecordStore::Outcome outcome;
    bool new_contact = false;  // a location of a node that was no contact, or of a new life of one
  };
  // Authentic; costs little for what is stored here already.
  [[nodiscard]] bool believes(const Record& record) const;
  // Pre: believed.
  Kept keep(Instant now, const Record& record, Holding holding, Duration copied = {});
  // A put has come to its end here. How many nodes it was passed to; empty when it is refused.
  std::optional<uint8_t> handle_put_end(Instant now, const Record& record);
  // A put passes through: an older version that we have is replaced.
  void handle_passing(Instant now, const Record& record);
  void handle(Instant now, const NodeId& from, const Replica& replica);
  void handle(Instant now, const Greeting& greeting);
  void handle(Instant now, const NodeId& from, const Digest& digest);
  void handle(Instant now, const NodeId& from, const Want& want);
  // For greetings.
  void set_own_location(const Record& location) { own_location_ = location; }

  // After anything that may have changed the contacts.
  void note_contacts(Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const { return next_tick_; }

 private:
  // A record that is awaited; if it does not come, who told of it last is asked again.
  struct Asked {
    NodeId teller;
    AskToken token;
    Instant until;
    int times = 1;
  };
  using Digests = std::map<NodeId, std::vector<RecordTag>>;
  // Where the record should be, beside here.
  [[nodiscard]] std::vector<NodeId> others(Instant now, const Record& record,
                                           size_t count = kReplicas) const;
  [[nodiscard]] std::vector<NodeId> told_of(const Record& record) const;
  void tell_of_new_version(Instant now, const RecordStore::Stored& stored,
                           const std::vector<NodeId>& old_told);
  void greet(const NodeId& node);
  void forget_told(const NodeId& node);
  [[nodiscard]] AskToken token_for(const NodeId& node) const;
  void send_digest(Instant now, const NodeId& node, std::vector<RecordTag> tags);
  // False when the budget is used up.
  bool tell_newcomers(Instant now, RecordStore::Stored& stored, Digests& digests, size_t& budget);
  bool tell_due(Instant now, RecordStore::Stored& stored, Digests& digests, size_t& budget);
  void note_unanswered_digests(Instant now);
  void ask_again(Instant now);

  DirectoryState& state_;
  std::array<uint8_t, 16> token_key_{};
  std::optional<Record> own_location_;
  std::map<NodeId, Instant> awaited_;  // a Want, and until when
  std::map<RecordTag, Asked> asked_;
  uint64_t reviewed_version_ = 0;  // of the contacts
  Instant next_tick_;
  Instant next_round_;
};

}  // namespace starling::directory
