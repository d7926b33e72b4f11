// Two targets in one, chosen by the first byte: the file decoder (what it accepts is canonical),
// and the core under a list of operations (bounds hold, the state survives a restart after each).
#include "base/check.h"
#include "reach/invitations.h"
#include "wire/reader.h"

namespace starling::reach {
namespace {

void decode_file(ByteView file) {
  if (const auto invitations = Invitations::deserialise(file)) {
    STARLING_CHECK(same_bytes(invitations->serialise(), file));
  }
}

void check_survives_restart(const Invitations& invitations) {
  const Bytes file = invitations.serialise();
  STARLING_CHECK(file.size() <= Invitations::kFileSizeMax);
  const auto again = Invitations::deserialise(file);
  STARLING_CHECK(again.has_value());
  STARLING_CHECK(same_bytes(again->serialise(), file));
}

void run_operations(ByteView operations) {
  constexpr size_t kOperationsMax = 1500;
  Invitations invitations;
  crypto::SeededRandom random(1);
  std::vector<InviteSecret> secrets;
  wire::Reader reader(operations);
  for (size_t i = 0; i < kOperationsMax && reader.left() >= 4; ++i) {
    const uint8_t operation = reader.u8();
    // Hours that jump both ways around a start, and now and then a clock that is absurd.
    const uint8_t hours = reader.u8();
    WallTime now{1'800'000'000 + int64_t{hours} * 3'600};
    if (hours == 0xff) now.unix_seconds = INT64_MAX;
    if (hours == 0xfe) now.unix_seconds = INT64_MIN;
    const uint16_t argument = reader.u16();
    if (operation % 2 == 0) {
      const auto secret = invitations.create(now, random, std::chrono::seconds{argument * 60});
      if (secret) secrets.push_back(*secret);
      STARLING_CHECK(invitations.open_count(now) <= Invitations::kOpenMax || !secret);
    } else {
      crypto::NodeKey who;
      who.value[0] = operation & 2;
      const InviteSecret secret =
          secrets.empty() ? InviteSecret{} : secrets[argument % secrets.size()];
      const auto outcome = invitations.redeem(now, secret.reveal(), who);
      if (outcome == RedeemOutcome::accepted) {
        STARLING_CHECK(invitations.redeem(now, secret.reveal(), who) == RedeemOutcome::accepted);
        who.value[0] ^= 2;
        STARLING_CHECK(invitations.redeem(now, secret.reveal(), who) != RedeemOutcome::accepted);
      }
    }
    if (i % 64 == 0) check_survives_restart(invitations);
  }
  check_survives_restart(invitations);
}

}  // namespace
}  // namespace starling::reach

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const starling::ByteView input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    starling::reach::decode_file(input);
  } else {
    starling::reach::run_operations(input);
  }
  return 0;
}
