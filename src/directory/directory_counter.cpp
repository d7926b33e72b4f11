#include "directory/directory_counter.h"

#include <array>

namespace starling::directory {

std::string_view name_of(DirectoryCounter counter) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "lookups_begun",
      "lookups_found",
      "lookups_failed",
      "lookups_passed_on",
      "lookups_answered",
      "ways_tried",
      "questions_repeated",
      "puts_sent",
      "puts_received",
      "puts_passed_on",
      "puts_kept",
      "replicas_sent",
      "replicas_received",
      "digests_sent",
      "digests_received",
      "greetings_sent",
      "carried_passed_on",
      "carried_received",
      "malformed_message",
      "forged_record",
      "not_near",
      "store_refused",
      "put_limit",
      "lookup_limit",
      "unknown_nonce",
      "wrong_answer",
      "wrong_sender",
      "wrong_token",
      "looped",
      "way_too_long",
      "too_many_open",
      "carried_again",
  });
  static_assert(kNames.size() == static_cast<size_t>(DirectoryCounter::count_));
  return kNames[static_cast<size_t>(counter)];
}

}  // namespace starling::directory
