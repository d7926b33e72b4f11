#include "crypto/secret.h"

#include <sodium.h>

namespace starling::crypto {
namespace {

// Chooses the fast implementations for this CPU. Here, because every user of libsodium in this folder also wipes secrets,
// and before main(), because it must not run twice at once.
const bool kSodiumReady = sodium_init() >= 0;

}  // namespace

void wipe(MutableByteView bytes) {
  static_cast<void>(kSodiumReady);
  sodium_memzero(bytes.data(), bytes.size());
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace starling::crypto
