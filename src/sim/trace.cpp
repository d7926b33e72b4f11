#include "sim/trace.h"

#include <bit>
#include <fmt/core.h>

namespace starling::sim {
namespace {

// Each step is a bijection of the hash for a given word, so a difference never gets lost.
uint64_t mix(uint64_t hash, uint64_t word) {
  return std::rotl((hash ^ word) * 0x9e3779b97f4a7c15, 31);
}

}  // namespace

std::string to_csv(const TraceLine& line) {
  const std::string to = line.to == kNoHost ? "" : fmt::format("{}", index_of(line.to));
  return fmt::format("{},{},{},{},{}", line.at.time_since_epoch().count(), index_of(line.from), to,
                     line.size, line.kind);
}

void Trace::add(const TraceLine& line) {
  ++packets_;
  hash_ = mix(hash_, static_cast<uint64_t>(line.at.time_since_epoch().count()));
  hash_ = mix(hash_, uint64_t{index_of(line.from)} << 32 | index_of(line.to));
  hash_ = mix(hash_, uint64_t{line.size} << 16 | line.kind);
  if (listener_) listener_(line);
}

}  // namespace starling::sim
