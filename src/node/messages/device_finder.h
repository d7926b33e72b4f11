// node/messages/device_finder.h - which nodes are somebody's devices: asked of the directory, and remembered for a while.
//
// Bounds:  kRememberedMax accounts; the one learned of longest ago is forgotten.
// Threads: network thread.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/lifetime.h"
#include "env/runtime.h"
#include "messaging/device_list.h"
#include "node/mesh.h"

namespace starling::node {

class DeviceFinder {
 public:
  static constexpr size_t kRememberedMax = 1'024;
  // What was learned so short ago is not asked again.
  static constexpr Duration kFresh = 5min;

  // References are borrowed.
  DeviceFinder(env::Runtime& runtime, Mesh& mesh) : runtime_(runtime), mesh_(mesh) {}

  using Done = std::function<void(std::optional<messaging::DeviceList>)>;
  // What is known when nobody answers; never from inside the call.
  void find(const crypto::AccountKey& account, Done done);
  // A list that somebody showed. False: it is not authentic, or older than what is known.
  bool learn(const directory::Record& record);
  // Null when there is none.
  [[nodiscard]] const messaging::DeviceList* known(const crypto::AccountKey& account) const;
  // Next time the directory is asked, and every other time for a newer list only: an older copy may lie nearer.
  void doubt(const crypto::AccountKey& account);

 private:
  struct Entry {
    std::optional<messaging::DeviceList> list;
    uint64_t sequence = 0;
    Instant learned = Instant::min();
    std::vector<Done> waiting;
    bool under_way = false;
    int doubts = 0;
  };
  void handle_records(const crypto::AccountKey& account,
                      const std::vector<directory::Record>& records);
  Entry& entry_of(const crypto::AccountKey& account);

  env::Runtime& runtime_;
  Mesh& mesh_;
  std::map<crypto::AccountKey, Entry> entries_;
  Lifetime lifetime_;
};

}  // namespace starling::node
