// reach/dialer.h - when to dial whom: configured peers, friends, remembered neighbours, nodes heard on the LAN.
//
// How:     a round dials each address of a target once, UDP before TCP, kStagger apart. When all have failed,
//          the next round begins after a pause of kPauseMin, which doubles with each further failed round up to
//          kPauseMax. A link to the target ends dialling; when it goes down, a round begins after kPauseMin.
// Drive:   after every call, and when next_timeout() fires: carry out poll_order() until empty, re-arm.
// Time:    `now` never goes backwards between calls (checked).  Threads: single owner.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "reach/peer_uri.h"

namespace starling::reach {

struct TargetId {
  uint64_t value = 0;  // never reused
  friend auto operator<=>(const TargetId&, const TargetId&) = default;
};

enum class Persistence : uint8_t {
  lasting,  // dialled for ever: the user or an earlier link named it
  passing,  // given up after kPassingRounds: a beacon named it, and will again
};

struct DialTarget {
  std::optional<crypto::NodeKey>
      key;  // without one, whoever answers at the address is asked for it
  std::vector<PeerAddress> addresses;  // at least one (checked)
  Persistence persistence = Persistence::lasting;
};

// Rules, and the attack that each answers (anybody on the LAN can send beacons that name any key and address):
//  - passing targets and addresses never displace lasting ones: invented nodes cannot push out a friend;
//  - passing ones are given up after kPassingRounds, a passing address of a lasting target too: what was
//    invented is soon forgotten and keeps nobody busy;
//  - however often a target is named, its rounds are kPauseMin apart: no flood of handshakes at third parties;
//  - a key that an address gave is forgotten when a round with it fails: one false answer does not shut the
//    right node out.
class Dialer {
 public:
  // Between two addresses of a round: longer than most round trips, so that mostly the first one wins alone.
  static constexpr Duration kStagger = 300ms;
  // Short, since most links that break are back at once; doubled up to what an absent node is worth.
  static constexpr Duration kPauseMin = 100ms;
  static constexpr Duration kPauseMax = 30s;
  // Part of a pause by which it varies either way, so that all neighbours of a lost node do not dial as one.
  static constexpr double kPauseJitter = 0.25;
  // An order without any report counts as failed after this, so that a lost report stalls no target. Longer
  // than link::DialAttempts::kPatience and a connection attempt take together with looking up a name.
  static constexpr Duration kOrderPatience = 10s;
  static constexpr int kPassingRounds = 3;
  // Overflow policy: a passing target is refused; for a lasting one the oldest passing one is dropped, and if
  // there is none it is refused too.
  static constexpr size_t kTargetsMax = 256;
  // Of one target. Overflow policy: the passing address that came first makes room, UDP before TCP; where all
  // are lasting, the new one is left out.
  static constexpr size_t kAddressesMax = kPeerUriAddressesMax;

  // `rng` is borrowed and must outlive this object: one draw per pause.
  explicit Dialer(Rng& rng) : rng_(rng) {}

  // Begins dialling at once, unless there is a link to that key already. A target with the same key, or without
  // key and with the same addresses, is merged into the one that is there: new addresses join its round,
  // lasting wins, and if it is in a pause, its next round begins as soon as the last one is kPauseMin ago.
  // Empty when refused.
  std::optional<TargetId> add(Instant now, DialTarget target);
  // Does nothing when it is gone already: given up, dropped or merged.
  void remove(TargetId target);

  // Of any peer, target or not: a target added later must not be dialled while a link to it is up.
  void handle_link_up(const crypto::NodeKey& peer);
  void handle_link_down(Instant now, const crypto::NodeKey& peer);
  // The node at the address of a target without key said who it is: a round with that key begins at once. When
  // another target has it already, this one is merged into that and its id is gone. A key learned here is
  // forgotten when a round with it has failed, since another node may live at the address by now. Ignored for a
  // target that is gone or has a key.
  void handle_key_learned(Instant now, TargetId target, const crypto::NodeKey& key);
  // An order came to nothing (no answer, no such host, connection refused). Ignored without such an order.
  void handle_failed(Instant now, TargetId target, const PeerAddress& address);

  struct Order {
    TargetId target;
    std::optional<crypto::NodeKey> key;  // none: ask for it
    PeerAddress address;
  };
  // The next order that is due at `now`; it ends in handle_link_up, handle_key_learned or handle_failed.
  // Cost: one walk over all targets.
  std::optional<Order> poll_order(Instant now);
  [[nodiscard]] Instant next_timeout() const;

  // For people: what is being tried and since how many rounds without success. In the order of the ids.
  struct State {
    TargetId id;
    DialTarget target;
    bool linked = false;
    int rounds_failed = 0;  // since the last link
  };
  [[nodiscard]] std::vector<State> states() const;

 private:
  enum class Step : uint8_t { waiting, ordered, failed };  // within a round
  struct Place {
    PeerAddress address;
    Persistence persistence;
    Step step = Step::waiting;
    Instant given_up_at{};  // when ordered
  };
  struct Entry {
    std::optional<crypto::NodeKey> key;
    bool key_is_learned = false;
    std::vector<Place> places;  // UDP before TCP, else in the order of adding
    Persistence persistence;
    int rounds_failed = 0;
    Instant next_order;        // with all places waiting: the beginning of the next round
    Instant round_not_before;  // however often the target is named meanwhile
  };
  using Entries = std::map<TargetId, Entry>;

  void check_time(Instant now);
  [[nodiscard]] bool is_linked(const Entry& entry) const;
  [[nodiscard]] static bool is_between_rounds(const Entry& entry);
  [[nodiscard]] Entries::iterator find_key(const crypto::NodeKey& key);
  [[nodiscard]] Entries::iterator find_same(const DialTarget& target);
  [[nodiscard]] bool make_room(Persistence persistence);
  static void add_address(Entry& entry, const PeerAddress& address, Persistence persistence);
  static void begin_round_soon(Entry& entry, Instant now);
  void begin_pause(Entry& entry, Instant now);
  // Ends the round when no address is left to try; true when the target is given up with it.
  [[nodiscard]] bool settle_round(Entry& entry, Instant now);
  void expire_orders(Instant now);

  Rng& rng_;
  Entries entries_;                   // at most one for a key
  std::set<crypto::NodeKey> linked_;  // as many as the link layer has links
  uint64_t next_id_ = 1;
  Instant last_now_ = Instant::min();
};

}  // namespace starling::reach
