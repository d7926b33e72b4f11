// sim/storage_queue.h - one simulated storage thread: steps that take time, one after the other, and that a crash can catch.
//
// How:     each step is applied when its time is over, and its completion is a step of its own after that; SimDisk hears of both,
//          so that World::crash_at_file_step() can fall between them.
// Life:    what the steps change stays when the host crashes; kill() ends this object.
#pragma once

#include <deque>
#include <functional>

#include "sim/event_queue.h"
#include "sim/sim_disk.h"

namespace starling::sim {

class StorageQueue {
 public:
  // Borrows both.
  StorageQueue(EventQueue& queue, SimDisk& disk) : queue_(queue), disk_(disk) {}
  StorageQueue(const StorageQueue&) = delete;
  StorageQueue& operator=(const StorageQueue&) = delete;
  ~StorageQueue() { kill(); }

  void submit(Duration time, std::function<void()> apply, std::function<void()> complete) {
    if (dead_) return;
    steps_.push_back({time, std::move(apply), std::move(complete)});
    if (steps_.size() == 1) begin();
  }
  // Nothing is applied or completes any more.
  void kill() {
    dead_ = true;
    queue_.cancel(event_);
    steps_.clear();
  }

 private:
  struct Step {
    Duration time;
    std::function<void()> apply;
    std::function<void()> complete;
  };

  void begin() {
    event_ = queue_.schedule(queue_.now() + steps_.front().time, [this] { apply(); });
  }
  void apply() {
    disk_.before_step();
    if (dead_) return;
    steps_.front().apply();
    event_ = queue_.schedule(queue_.now(), [this] { complete(); });
  }
  void complete() {
    disk_.before_step();
    if (dead_) return;
    const auto done = std::move(steps_.front().complete);
    steps_.pop_front();
    if (!steps_.empty()) begin();
    if (done) done();
  }

  EventQueue& queue_;
  SimDisk& disk_;
  std::deque<Step> steps_;
  EventId event_;
  bool dead_ = false;
};

}  // namespace starling::sim
