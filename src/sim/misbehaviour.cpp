#include "sim/misbehaviour.h"

#include "routing/control_message.h"
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

}  // namespace starling::sim
