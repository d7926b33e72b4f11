// directory/directory_counter.h - what the directory counts.
#pragma once

#include <cstdint>
#include <string_view>

namespace starling::directory {

enum class DirectoryCounter : uint8_t {
  lookups_begun,
  lookups_found,
  lookups_failed,
  lookups_passed_on,
  lookups_answered,
  ways_tried,  // of own lookups
  questions_repeated,
  puts_sent,
  puts_received,
  puts_passed_on,
  puts_kept,
  replicas_sent,
  replicas_received,
  digests_sent,
  digests_received,
  greetings_sent,
  carried_passed_on,
  carried_received,
  // drops
  malformed_message,
  forged_record,
  not_near,
  store_refused,
  put_limit,
  lookup_limit,
  unknown_nonce,
  wrong_answer,
  wrong_sender,
  wrong_token,
  looped,
  way_too_long,
  too_many_open,
  carried_again,
  count_,
};

std::string_view name_of(DirectoryCounter counter);

}  // namespace starling::directory
