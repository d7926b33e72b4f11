// link/link_counter.h - what the link layer counts: every kind of drop has its own reason.
#pragma once

#include <cstdint>
#include <string_view>

namespace starling::link {

enum class LinkCounter : uint8_t {
  packets_sent,
  packets_received,
  bytes_sent,
  bytes_received,
  handshakes_begun,
  handshakes_answered,
  handshakes_completed,
  cookies_sent,
  links_up,
  links_down,
  control_messages_sent,
  control_messages_received,
  datagrams_sent,
  datagrams_received,
  // drops
  malformed_packet,
  malformed_frame,
  unknown_index,
  unknown_carrier,
  forged_packet,
  replayed_packet,
  wrong_mac1,
  cookie_required,
  cookie_limit,
  handshake_limit,
  handshake_yielded,
  unreadable_init,
  unreadable_response,
  unreadable_cookie,
  no_agreement,
  own_key,
  too_many_links,
  pending_full,
  key_question_refused,
  key_answer_invalid,
  skipped_frame,
  control_violation,
  control_no_room,
  control_send_refused,
  datagram_queue_full,
  datagram_too_large,
  row_incomplete,
  not_validated,
  unknown_path_response,
  no_usable_keys,
  count_,
};

std::string_view name_of(LinkCounter counter);

}  // namespace starling::link
