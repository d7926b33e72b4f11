// sim/world.h - a whole simulated world from one seed: virtual time, the network, hosts with disks.
//
// How:     add_host(), start a node on runtime(host), run. A crash is crash(host), then destroy the
//          node or keep it: it is dead. A restart is a new node on runtime(host), which finds the
//          files that survived. The same seed and calls give the same trace_hash() everywhere.
// Life:    what uses a runtime (nodes, timers, sockets, streams) goes before the World.
// Threads: single owner.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/seed.h"
#include "sim/sim_runtime.h"

namespace starling::sim {

struct WorldOptions {
  uint64_t seed = 1;
  LinkProperties link{};                  // default for all pairs
  WallTime wall_at_start{1'767'225'600};  // 2026-01-01 00:00 UTC
};

class World {
 public:
  // now() at the start. Not zero, so that an Instant{} that nobody set is a time in the past.
  static constexpr Instant kStart{1000s};
  // How often run_until() looks at its predicate.
  static constexpr Duration kPredicateInterval = 10ms;

  explicit World(const WorldOptions& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  HostId add_host();
  // Of the host's present life; starts a new one, with an own stream of secure random numbers, at
  // the first call and at the first after each crash. Valid as long as the World.
  SimRuntime& runtime(HostId host);
  // Pulls the plug: timers, sockets, streams and pending completions of the host are dead, its
  // unsynced file steps survive or not. Nothing when it is down. May be called from inside an
  // event, also one of the host itself.
  void crash(HostId host);
  // Crashes the host exactly before the n-th step of its disk from now; see
  // SimDisk::set_crash_at_step.
  void crash_at_file_step(HostId host, uint64_t n);
  [[nodiscard]] bool is_up(HostId host) const;
  // How far the host's wall clock is ahead of the true time; survives crashes.
  void set_clock_error(HostId host, Duration error);

  // What the work on that subject leads to, on every host; without this, to nothing.
  void know_work_proof(Bytes subject, Bytes proof) {
    work_proofs_.insert_or_assign(std::move(subject), std::move(proof));
  }

  // Runs all events of the next `duration`, its end included. Pre of both: not inside an event.
  void run_for(Duration duration);
  // Runs until `done()`, at most `limit`; true when it held. It is looked at first, then at the end
  // of each kPredicateInterval of virtual time and of the limit, so now() may be up to that
  // interval after it became true.
  bool run_until(const std::function<bool()>& done, Duration limit);

  [[nodiscard]] Instant now() const { return queue_.now(); }
  [[nodiscard]] uint64_t seed() const { return options_.seed; }
  // For the test's own draws; independent of all others.
  Rng& rng() { return rng_; }
  [[nodiscard]] uint64_t trace_hash() const { return trace_.hash(); }
  [[nodiscard]] uint64_t events_run() const { return queue_.events_run(); }
  [[nodiscard]] uint64_t packets_sent() const { return trace_.packets(); }
  [[nodiscard]] size_t host_count() const { return hosts_.size(); }

  Network& network() { return network_; }
  EventQueue& queue() { return queue_; }
  Trace& trace() { return trace_; }
  SimDisk& disk(HostId host) { return *hosts_[index_of(host)].disk; }
  SimTables& tables(HostId host) { return *hosts_[index_of(host)].tables; }
  SimBlobs& blobs(HostId host) { return *hosts_[index_of(host)].blobs; }

 private:
  struct Host {
    std::unique_ptr<SimDisk> disk;
    std::unique_ptr<SimTables> tables;
    std::unique_ptr<SimBlobs> blobs;
    std::vector<std::unique_ptr<SimRuntime>> lives;  // at most the last is alive
    Duration clock_error{};
  };

  WorldOptions options_;
  EventQueue queue_{kStart};
  Trace trace_;
  Network network_;
  Rng rng_;
  KnownWorkProofs work_proofs_;
  std::vector<Host> hosts_;
};

}  // namespace starling::sim
