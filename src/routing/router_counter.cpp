#include "routing/router_counter.h"

#include <array>

namespace starling::routing {

std::string_view name_of(RouterCounter counter) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "updates_sent",
      "update_entries_sent",
      "updates_received",
      "update_entries_received",
      "retracts_sent",
      "requests_sent",
      "requests_answered",
      "control_bytes_sent",
      "packets_originated",
      "packets_forwarded",
      "bytes_forwarded",
      "packets_delivered",
      "errors_sent",
      "errors_received",
      "retries",
      "probes_sent",
      "probes_answered",
      "greetings_sent",
      "transit_tests",
      "transit_refused",
      "transit_restored",
      "packets_kept",
      "kept_delivered",
      "malformed_message",
      "malformed_packet",
      "before_hello",
      "unknown_handle",
      "forged_advert",
      "stale_advert",
      "excessive_request",
      "table_full",
      "ttl_ended",
      "no_way",
      "unknown_kind",
      "unknown_nonce",
      "transit_limit",
      "answer_limit",
      "too_large",
      "kept_dropped",
      "keep_refused",
      "leaf_transit",
  });
  static_assert(kNames.size() == static_cast<size_t>(RouterCounter::count_));
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace starling::routing
