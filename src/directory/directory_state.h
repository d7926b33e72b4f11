// directory/directory_state.h - what the parts of one node's directory share: who it is, whom it knows, what it holds, what
// goes out.
//
// Threads: single owner, the Directory.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include "base/counters.h"
#include "crypto/checked_claims.h"
#include "crypto/secure_random.h"
#include "directory/contact_book.h"
#include "directory/directory_counter.h"
#include "directory/record_store.h"

namespace starling::directory {

struct LookupId {
  uint64_t value = 0;
  friend auto operator<=>(const LookupId&, const LookupId&) = default;
};

// A payload for the directory of that node.
struct SendTo {
  NodeId node;
  Bytes payload;
};
struct LookupDone {
  LookupId id;
  std::vector<Record> records;  // authentic and matching; none when nobody has one
  bool carried_passed_on = false;
};
// A first packet that came with a lookup. Its sender's location is authentic and was learned just before; that the payload is
// from that sender, the payload has to prove.
struct CarriedArrived {
  NodeId sender;
  uint8_t payload_kind = 0;
  Bytes payload;
};
// An authentic location of some node: routing can use it.
struct LocationLearned {
  Record record;
};
using DirectoryOutput = std::variant<SendTo, LookupDone, CarriedArrived, LocationLearned>;

// How many nodes hold a record.
inline constexpr size_t kReplicas = 8;

struct DirectoryState {
  DirectoryState(const crypto::Identity& own_identity, Rng& rng_of_caller,
                 crypto::SecureRandom& random_of_caller,
                 crypto::CheckedClaims* checked_by_all = nullptr)
      : identity(own_identity),
        self(crypto::node_id_of(own_identity.key())),
        rng(rng_of_caller),
        random(random_of_caller),
        checked(checked_by_all),
        contacts(self),
        store(rng_of_caller) {}

  void send(const NodeId& node, const DirectoryMessage& message) {
    outputs.push_back(SendTo{node, encode(message)});
  }
  [[nodiscard]] bool is_authentic(const Record& record) const {
    if (!checked) return directory::is_authentic(record);
    return checked->check("record", {signed_part(record), record.signature.view()},
                          [&] { return directory::is_authentic(record); });
  }
  void count(DirectoryCounter reason) { counters.add(reason); }
  // `around`, up to a quarter more or less.
  Duration jittered(Duration around) {
    return around * 3 / 4 +
           Duration(static_cast<int64_t>(rng.unit() * static_cast<double>((around / 2).count())));
  }

  // Whether the node of a location keeps records and answers lookups, see Directory::set_contact_rule().
  std::function<bool(const Record&)> is_contact = [](const Record&) { return true; };
  const crypto::Identity& identity;
  const NodeId self;
  Rng& rng;
  crypto::SecureRandom& random;
  crypto::CheckedClaims* checked;
  ContactBook contacts;
  RecordStore store;
  Counters<DirectoryCounter> counters;
  std::deque<DirectoryOutput> outputs;
  uint32_t next_question = 1;  // numbers this node's own lookups and puts
};

}  // namespace starling::directory
