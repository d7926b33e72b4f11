#include "sim/world.h"

#include <algorithm>

namespace starling::sim {

World::World(const WorldOptions& options)
    : options_(options),
      network_(queue_, trace_, options.seed),
      rng_(derive_seed(options.seed, SeedUse::tests)) {
  network_.set_default_link(options.link);
}

// Events may own sockets and timers of any host: they go while everything is still there.
World::~World() { queue_.clear(); }

HostId World::add_host() {
  const HostId host = network_.add_host();
  const uint64_t disk_seed = derive_seed(options_.seed, SeedUse::disk, index_of(host));
  hosts_.push_back({std::make_unique<SimDisk>(disk_seed),
                    std::make_unique<SimTables>(),
                    std::make_unique<SimBlobs>(),
                    {},
                    {}});
  return host;
}

SimRuntime& World::runtime(HostId host) {
  Host& entry = hosts_[index_of(host)];
  if (!is_up(host)) {
    const uint64_t life = uint64_t{entry.lives.size()} << 32 | index_of(host);
    const uint64_t random_seed = derive_seed(options_.seed, SeedUse::secure_random, life);
    entry.lives.push_back(std::make_unique<SimRuntime>(
        SimRuntime::Surroundings{queue_, network_, *entry.disk, *entry.tables, *entry.blobs,
                                 work_proofs_, kStart, options_.wall_at_start},
        host, random_seed, entry.clock_error));
  }
  return *entry.lives.back();
}

void World::crash(HostId host) {
  if (!is_up(host)) return;
  Host& entry = hosts_[index_of(host)];
  entry.lives.back()->kill();
  network_.crash(host);
  entry.disk->crash();
}

void World::crash_at_file_step(HostId host, uint64_t n) {
  disk(host).set_crash_at_step(n, [this, host] { crash(host); });
}

bool World::is_up(HostId host) const {
  const Host& entry = hosts_[index_of(host)];
  return !entry.lives.empty() && entry.lives.back()->alive();
}

void World::set_clock_error(HostId host, Duration error) {
  Host& entry = hosts_[index_of(host)];
  entry.clock_error = error;
  if (is_up(host)) entry.lives.back()->set_clock_error(error);
}

void World::run_for(Duration duration) { queue_.run_until(now() + duration); }

bool World::run_until(const std::function<bool()>& done, Duration limit) {
  const Instant end = now() + limit;
  while (!done()) {
    if (now() >= end) return false;
    queue_.run_until(std::min(end, now() + kPredicateInterval));
  }
  return true;
}

}  // namespace starling::sim
