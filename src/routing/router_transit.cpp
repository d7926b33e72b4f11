// The part of Router that finds out which neighbours pass packets on.
#include <algorithm>

#include "routing/router.h"

namespace starling::routing {
namespace {

// The nearest nodes behind a neighbour are tested in turn: one of them may be gone itself.
constexpr size_t kTransitTargets = 2 * TransitWatch::kEchoes;

}  // namespace

void Router::watch_transit(Instant now) {
  while (const auto output = watch_.poll(now)) {
    if (const auto* test = std::get_if<TransitWatch::Test>(&*output)) {
      test_transit(now, *test);
      continue;
    }
    const auto& verdict = std::get<TransitWatch::Verdict>(*output);
    counters_.add(verdict.passes_on ? RouterCounter::transit_restored
                                    : RouterCounter::transit_refused);
    if (!table_.cost_of(verdict.neighbour)) continue;
    table_.set_passes_on(verdict.neighbour, verdict.passes_on);
    after_table_change(now);
  }
}

void Router::test_transit(Instant now, const TransitWatch::Test& test) {
  const NeighbourId tested = test.neighbour;
  const auto neighbour = neighbours_.find(tested);
  std::vector<std::pair<Metric, const Destination*>> behind;
  for (const Destination& destination : table_.all()) {
    const Advert* advert = destination.advert_of(tested);
    if (!advert || advert->metric >= kInfinity || destination.id == neighbour->second.id) continue;
    behind.emplace_back(advert->metric, &destination);
  }
  if (behind.empty()) return watch_.handle_untestable(tested);
  const size_t count = std::min(behind.size(), kTransitTargets);
  std::partial_sort(behind.begin(), behind.begin() + static_cast<std::ptrdiff_t>(count),
                    behind.end(), [](const auto& a, const auto& b) {
                      return a.first != b.first ? a.first < b.first : a.second->id < b.second->id;
                    });
  const uint64_t nonce = random_.u64() / TransitWatch::kEchoes * TransitWatch::kEchoes;
  Metric farthest = 0;
  for (uint32_t i = 0; i < test.echoes; ++i) {
    const size_t chosen = count <= i ? i % count : i + rng_.below(count - i);
    if (count > i) std::swap(behind[i], behind[chosen]);
    const auto& [metric, target] = behind[count > i ? i : chosen];
    farthest = std::max(farthest, metric);
    send_through(tested, target->id, metric, nonce + i);
  }
  const Metric one_way = add_metrics(farthest, *table_.cost_of(tested));
  watch_.note_tested(now, tested, nonce, std::chrono::milliseconds(one_way));
}

// An echo whose first hop is that neighbour, from which on it is like any other.
void Router::send_through(NeighbourId neighbour, const crypto::NodeId& target, Metric metric,
                          uint64_t nonce) {
  const Bytes payload = encode(Echo{nonce});
  MeshPacket packet;
  packet.kind = PayloadKind::echo;
  packet.destination = target;
  packet.source = self_;
  packet.records = true;
  packet.nonce = random_.u32();
  packet.recorded.push_back({short_id_of(self_), 0});
  packet.room = static_cast<uint16_t>(link_room(neighbour));
  packet.water = std::max<Metric>(metric, 1);
  packet.payload = payload;
  counters_.add(RouterCounter::transit_tests);
  outputs_.push_back(SendPacket{neighbour, encode(packet), 0});
}

}  // namespace starling::routing
