#include "sim/misbehaviour.h"

#include "routing/control_message.h"
#include "routing/route_teller.h"
#include "routing/sequence_chain.h"

namespace starling::sim {

Bytes understated(ByteView control_message) {
  auto message = routing::decode_routing_message(control_message);
  auto* update = message ? std::get_if<routing::RouteUpdate>(&*message) : nullptr;
  if (!update) return copy_of(control_message);
  for (routing::UpdateEntry& entry : update->entries)
    entry.metric -= entry.metric % routing::kBucketUnits;
  return encode(*message);
}

Bytes announced_anew(const crypto::Identity& identity, uint32_t epoch,
                     crypto::SecureRandom& random) {
  const routing::SequenceChain chain(random);
  routing::Announcement announcement;
  announcement.key = identity.key();
  announcement.table_size = routing::kFullRouter;
  announcement.epoch = epoch;
  announcement.lifetime_s = routing::Announcement::kLifetimeSecondsMax;
  announcement.anchor = chain.anchor();
  sign(announcement, identity);
  // A handle that the honest part of the node does not use.
  const routing::Handle handle = routing::RouteTeller::kHandlesMax - 1;
  routing::RouteUpdate update;
  update.entries.push_back({handle, announcement, 1, 0, chain.value(1)});
  return encode(routing::RoutingMessage(update));
}

}  // namespace starling::sim
