// routing/router_counter.h - what routing counts.
#pragma once

#include <cstdint>
#include <string_view>

namespace starling::routing {

enum class RouterCounter : uint8_t {
  updates_sent,
  update_entries_sent,
  updates_received,
  update_entries_received,
  retracts_sent,
  requests_sent,
  requests_answered,
  control_bytes_sent,
  packets_originated,
  packets_forwarded,
  bytes_forwarded,
  packets_delivered,
  errors_sent,
  errors_received,
  retries,
  probes_sent,
  probes_answered,
  greetings_sent,  // to correspondents, of a new address
  transit_tests,
  transit_refused,  // neighbours that do not pass packets on
  transit_restored,
  packets_kept,    // for leaves that sleep
  kept_delivered,  // of those
  // drops
  malformed_message,
  malformed_packet,
  before_hello,
  unknown_handle,
  forged_advert,
  stale_advert,
  excessive_request,
  table_full,
  ttl_ended,
  no_way,
  unknown_kind,
  unknown_nonce,
  transit_limit,
  answer_limit,
  too_large,
  kept_dropped,  // for room, or because the leaf did not come back
  keep_refused,
  leaf_transit,  // packets for others at a leaf
  count_,
};

std::string_view name_of(RouterCounter counter);

}  // namespace starling::routing
