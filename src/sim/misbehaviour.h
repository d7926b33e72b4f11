// sim/misbehaviour.h - what nodes say that break the rules of routing as far as that cannot be proved to them.
//
// Threads: single owner.
#pragma once

#include "base/bytes.h"
#include "crypto/identity.h"
#include "crypto/secure_random.h"

namespace starling::sim {

// A control message with every distance in it as small as the chain of proofs lets it be: up to 15 less.
Bytes understated(ByteView control_message);
// A control message in which a node says of itself that it lives anew: an announcement of that epoch, correctly signed.
Bytes announced_anew(const crypto::Identity& identity, uint32_t epoch,
                     crypto::SecureRandom& random);

}  // namespace starling::sim
