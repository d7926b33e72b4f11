// os/work_thread.h - does the work behind a proof without disturbing anybody.
//
// How:      a thread for each proof, which runs while no other thread of the computer wants the processor (nice 19).
// Threads:  network thread; `done` comes on it.
// Lifetime: the destructor gives up what is under way, within milliseconds; no completion comes after it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "crypto/work_proof.h"
#include "os/event_loop.h"

namespace starling::os {

class WorkThread {
 public:
  // `loop` is borrowed.
  explicit WorkThread(EventLoop& loop) : loop_(loop) {}
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  // See env::Runtime::find_work_proof, which has one choice of parameters.
  void find(const crypto::WorkProofParameters& parameters, Bytes subject,
            std::function<void(std::optional<Bytes>)> done);

 private:
  void work(const crypto::WorkProofParameters& parameters, const Bytes& subject,
            std::function<void(std::optional<Bytes>)> done);

  EventLoop& loop_;
  bool busy_ = false;
  std::atomic<bool> stopping_ = false;
  // Read by the completion on the network thread, which may outlive this object in the loop's queue.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::thread thread_;
};

}  // namespace starling::os
