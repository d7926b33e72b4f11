#include "routing/address.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

// In the first byte, beside the number of paths.
constexpr uint8_t kOfLeaf = 0x80;

}  // namespace

std::optional<Address> decode_address(ByteView bytes) {
  wire::Reader reader(bytes);
  Address address;
  const uint8_t first = reader.u8();
  address.of_leaf = (first & kOfLeaf) != 0;
  const size_t paths = first & (kOfLeaf - 1u);
  if (paths > Address::kPathsMax) return std::nullopt;
  for (size_t i = 0; i < paths && reader.ok(); ++i) {
    LandmarkPath path;
    const size_t count = reader.u8();
    if (count == 0 || count > LandmarkPath::kWaypointsMax) return std::nullopt;
    for (size_t j = 0; j < count && reader.ok(); ++j) {
      const auto node = reader.fixed<ShortId>();
      const Metric rest = reader.u24();
      if (rest == kInfinity || (j > 0 && rest >= path.waypoints.back().rest)) return std::nullopt;
      path.waypoints.push_back({node, rest});
    }
    address.paths.push_back(std::move(path));
  }
  if (!reader.finish()) return std::nullopt;
  return address;
}

void encode(const Address& address, Bytes& out) {
  STARLING_CHECK(address.paths.size() <= Address::kPathsMax);
  wire::Writer writer(std::move(out));
  writer.u8(static_cast<uint8_t>(address.paths.size() | (address.of_leaf ? kOfLeaf : 0)));
  for (const LandmarkPath& path : address.paths) {
    STARLING_CHECK(!path.waypoints.empty() && path.waypoints.size() <= LandmarkPath::kWaypointsMax);
    writer.u8(static_cast<uint8_t>(path.waypoints.size()));
    for (const Waypoint& waypoint : path.waypoints) writer.fixed(waypoint.node).u24(waypoint.rest);
  }
  out = writer.take();
}

std::vector<crypto::NodeId> choose_landmarks(const RouteTable& table) {
  std::vector<LandmarkCandidate> near;
  for (const Destination& destination : table.all()) {
    const bool usable = destination.listed && destination.selected &&
                        destination.newest.announcement.role == Role::router;
    if (usable)
      near.push_back({table.metric_of(destination), destination.id, destination.priority()});
  }
  return choose_landmarks(std::move(near));
}

std::vector<crypto::NodeId> choose_landmarks(std::vector<LandmarkCandidate> near) {
  using Candidate = LandmarkCandidate;
  std::sort(near.begin(), near.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.distance, a.id) < std::tie(b.distance, b.id);
  });
  std::vector<crypto::NodeId> chosen;
  const auto take_nearest = [&](const auto& is_member) {
    size_t taken = 0;
    for (const Candidate& candidate : near) {
      if (taken == kLandmarksPerLevel) return;
      if (!is_member(candidate)) continue;
      ++taken;
      if (std::find(chosen.begin(), chosen.end(), candidate.id) == chosen.end())
        chosen.push_back(candidate.id);
    }
  };
  // Shares of the draw only mean something among equals: those with the best proof rank that has kSmallest members.
  uint8_t rank = static_cast<uint8_t>(ProofKind::work);
  const auto has_rank = [&](const Candidate& c) { return c.priority.proof_rank >= rank; };
  while (rank > 0 && std::count_if(near.begin(), near.end(), has_rank) < std::ptrdiff_t{kSmallest})
    --rank;
  for (uint64_t limit = uint64_t{1} << 60; limit > 0; limit >>= 4) {
    const auto above = [&](const Candidate& c) {
      return outranks(c.priority, {.proof_rank = rank, .draw = limit});
    };
    if (std::count_if(near.begin(), near.end(), above) < std::ptrdiff_t{kSmallest}) break;
    take_nearest(above);
  }
  std::vector<Candidate> top = near;
  std::sort(top.begin(), top.end(), [](const Candidate& a, const Candidate& b) {
    return a.priority == b.priority ? a.id < b.id : outranks(a.priority, b.priority);
  });
  if (top.size() > kSmallest) top.resize(kSmallest);
  take_nearest([&](const Candidate& c) {
    return std::any_of(top.begin(), top.end(), [&](const Candidate& t) { return t.id == c.id; });
  });
  if (chosen.size() > Address::kPathsMax) chosen.resize(Address::kPathsMax);
  return chosen;
}

}  // namespace starling::routing
