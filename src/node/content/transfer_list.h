// node/content/transfer_list.h - the transfers of this node, running, waiting and over.
//
// Bounds:  kRunningMax run at once, of publications one; kWaitingMax wait (more: refused); the last kOverMax that are over can
//          still be asked about.
// Threads: network thread.
#pragma once

#include <deque>
#include <map>

#include "node/content/fetch_transfer.h"
#include "node/content/publish_transfer.h"

namespace starling::node {

class TransferList {
 public:
  static constexpr size_t kRunningMax = 8;
  static constexpr size_t kWaitingMax = 1'000;
  static constexpr size_t kOverMax = 64;

  // `library` is borrowed.
  explicit TransferList(Library& library) : library_(library) {}

  // The number of the transfer; empty when there are too many.
  std::optional<uint64_t> publish(PublishOrder order);
  std::optional<uint64_t> fetch(FetchOrder order);
  // False: there is none of that number that could be cancelled.
  bool cancel(uint64_t id);
  [[nodiscard]] std::optional<TransferStatus> find(uint64_t id) const;
  // Those that are not over, in the order they came, then the others, the latest first.
  [[nodiscard]] std::vector<TransferStatus> all() const;
  // Told when one is over.
  void set_observer(std::function<void(const TransferStatus&)> observer) {
    observer_ = std::move(observer);
  }

 private:
  struct Entry {
    TransferStatus::Kind kind;
    std::unique_ptr<Transfer> transfer;
    bool is_running = false;
  };
  std::optional<uint64_t> add(TransferStatus::Kind kind, std::unique_ptr<Transfer> transfer);
  void start_some();
  void handle_over(uint64_t id);
  [[nodiscard]] bool may_start(const Entry& entry) const;

  Library& library_;
  std::map<uint64_t, Entry> entries_;
  std::deque<TransferStatus> over_;  // the latest first
  uint64_t next_id_ = 1;
  std::function<void(const TransferStatus&)> observer_;
  Lifetime lifetime_;
};

}  // namespace starling::node
