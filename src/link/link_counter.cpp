#include "link/link_counter.h"

#include <array>

namespace starling::link {

std::string_view name_of(LinkCounter counter) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "packets_sent",
      "packets_received",
      "bytes_sent",
      "bytes_received",
      "handshakes_begun",
      "handshakes_answered",
      "handshakes_completed",
      "cookies_sent",
      "links_up",
      "links_down",
      "control_messages_sent",
      "control_messages_received",
      "datagrams_sent",
      "datagrams_received",
      "malformed_packet",
      "malformed_frame",
      "unknown_index",
      "unknown_carrier",
      "forged_packet",
      "replayed_packet",
      "wrong_mac1",
      "cookie_required",
      "cookie_limit",
      "handshake_limit",
      "handshake_yielded",
      "unreadable_init",
      "unreadable_response",
      "unreadable_cookie",
      "no_agreement",
      "own_key",
      "too_many_links",
      "pending_full",
      "key_question_refused",
      "key_answer_invalid",
      "skipped_frame",
      "control_violation",
      "control_no_room",
      "control_send_refused",
      "datagram_queue_full",
      "datagram_too_large",
      "row_incomplete",
      "not_validated",
      "unknown_path_response",
      "no_usable_keys",
  });
  static_assert(kNames.size() == static_cast<size_t>(LinkCounter::count_));
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace starling::link
